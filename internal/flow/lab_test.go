package flow

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"
)

// A lab runs an admission with one lane against a server that refuses by rules
// of its own, in events instead of time.
type lab struct {
	limits   Limits
	server   func(now time.Duration) counter // the rules in force from then on
	changes  []time.Duration                 // when server is asked anew, beside the beginning
	until    time.Duration
	first    [2]time.Duration                                    // until the first token, between these; zero: 1 to 2 s
	rest     time.Duration                                       // from the first token to the end
	trip     time.Duration                                       // random delay of the network at most, each way
	halts    func(seed uint64) func(time.Duration) time.Duration // until when the server stands still; nil: it never does
	stalls   bool                                                // our process stands still for 50 to 250 ms now and then
	tokens   func(chance *rand.Rand) float64
	demand   float64 // calls a second that are wanted; 0: always some wait
	observed func(now time.Duration, a *Admission)
}

// A counter is a server's way to allow calls. It returns 0 for a call that is
// let in, a wait that it tells, or untold.
type counter func(now time.Duration, inFlight int, tokens float64, chance *rand.Rand) time.Duration

const untold = -1

// A labEnd is what a lab came to.
type labEnd struct {
	let, refused []time.Duration
	failed       int
}

func (e labEnd) share() float64 {
	return float64(len(e.refused)) / float64(len(e.refused)+len(e.let))
}

// within returns how many of at lie from one time to another.
func within(at []time.Duration, from, to time.Duration) (n float64) {
	for _, t := range at {
		if t >= from && t < to {
			n++
		}
	}
	return n
}

type labEvent struct {
	at   time.Duration
	what int // 0: arrives, 1: is refused, 2: first token, 3: ends, 4: a call is wanted, 5: the rules change, 6: fails
	t    *Ticket
	told time.Duration
}

type labEvents []labEvent

func (h labEvents) Len() int           { return len(h) }
func (h labEvents) Less(i, j int) bool { return h[i].at < h[j].at }
func (h labEvents) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *labEvents) Push(x any)        { *h = append(*h, x.(labEvent)) }
func (h *labEvents) Pop() any {
	old := *h
	e := old[len(old)-1]
	*h = old[:len(old)-1]
	return e
}

// ours reports whether it is our process that handles e, not the server.
func (e labEvent) ours() bool { return e.what != 0 && e.what != 5 }

// awake returns when our process, which stands still in some seconds for a
// while if l says so, gets to do what is to be done at a time.
func (l *lab) awake(seed uint64) func(time.Duration) time.Duration {
	return func(at time.Duration) time.Duration {
		if !l.stalls {
			return at
		}
		second := at.Truncate(time.Second)
		chance := rand.New(rand.NewPCG(seed, uint64(second)))
		begin := second + time.Duration(chance.Int64N(int64(700*time.Millisecond)))
		end := begin + 50*time.Millisecond + time.Duration(chance.Int64N(int64(200*time.Millisecond)))
		if chance.Float64() > 0.3 || at < begin || at >= end {
			return at
		}
		return end
	}
}

// labEpoch keeps instants away from 0, which stands for none.
const labEpoch = Instant(time.Second)

func (l lab) run(seed uint64) labEnd {
	chance := rand.New(rand.NewPCG(seed, 7))
	between := func(d [2]time.Duration) time.Duration {
		return d[0] + time.Duration(chance.Float64()*float64(d[1]-d[0]))
	}
	trip := func() time.Duration { return between([2]time.Duration{l.trip / 3, l.trip}) }
	if l.first == ([2]time.Duration{}) {
		l.first = [2]time.Duration{time.Second, 2 * time.Second}
	}
	awake := l.awake(seed)
	halted := func(at time.Duration) time.Duration { return at }
	if l.halts != nil {
		halted = l.halts(seed)
	}
	a := New(chance.Float64, l.limits)
	rules := l.server(0)
	var end labEnd
	var events labEvents
	for _, c := range l.changes {
		heap.Push(&events, labEvent{at: c, what: 5})
	}
	want := func(now time.Duration) {
		t := &Ticket{}
		if l.tokens != nil {
			t.In = l.tokens(chance)
		}
		a.Add(labEpoch.Add(now), t)
	}
	if l.demand > 0 {
		heap.Push(&events, labEvent{what: 4})
	} else {
		for range 64 {
			want(0)
		}
	}
	inServer := 0
	for now := time.Duration(0); now < l.until; {
		at := labEpoch.Add(now)
		wake := Never
		for {
			t, w := a.Next(at)
			if t == nil {
				wake = w
				break
			}
			if l.demand == 0 {
				want(now)
			}
			a.Sent(at, t, 0)
			heap.Push(&events, labEvent{at: halted(now + trip()), what: 0, t: t})
		}
		if l.observed != nil {
			l.observed(now, a)
		}
		if len(events) == 0 || wake < labEpoch.Add(events[0].at) {
			if wake == Never {
				return end
			}
			now = awake(max(now+1, wake.Sub(labEpoch)))
			continue
		}
		e := heap.Pop(&events).(labEvent)
		if at := awake(e.at); at > max(e.at, now) && e.ours() {
			e.at = at
			heap.Push(&events, e)
			continue
		}
		now = max(now, e.at)
		at = labEpoch.Add(now)
		switch e.what {
		case 0:
			told := rules(now, inServer, e.t.In, chance)
			switch {
			case told == 0:
				end.let = append(end.let, now)
				inServer++
				began := halted(now + between(l.first))
				heap.Push(&events, labEvent{at: began + trip(), what: 2, t: e.t})
				heap.Push(&events, labEvent{at: began + trip() + l.rest, what: 3, t: e.t})
			case told == math.MaxInt64:
				end.failed++
				heap.Push(&events, labEvent{at: now + trip(), what: 6, t: e.t})
			default:
				end.refused = append(end.refused, now)
				heap.Push(&events, labEvent{at: now + trip(), what: 1, t: e.t, told: max(told, 0)})
			}
		case 1:
			a.Done(at, e.t, Outcome{Kind: Throttled, RetryAfter: e.told})
			e.t.Again = true
			a.Add(at, e.t)
		case 2:
			a.Heard(at, e.t)
			a.Alive(at, e.t)
		case 3:
			inServer--
			a.Done(at, e.t, Outcome{Kind: Answered, FirstToken: l.first[0]})
		case 4:
			want(now)
			heap.Push(&events, labEvent{at: now + time.Duration(chance.ExpFloat64()/l.demand*1e9), what: 4})
		case 5:
			rules = l.server(now)
		case 6:
			a.Done(at, e.t, Outcome{Kind: Overloaded})
			e.t.Retry, e.t.NotBefore = true, at.Add(time.Second)
			a.Add(at, e.t)
		}
	}
	return end
}

// bucketOf counts by a token bucket.
func bucketOf(n float64, per time.Duration, burst float64) counter {
	b := NewBucket(n, per, burst)
	return func(now time.Duration, _ int, _ float64, _ *rand.Rand) time.Duration {
		at := labEpoch.Add(now)
		if b.When(at, 1) > at {
			return untold
		}
		b.waited = false
		b.Take(at, 1)
		return 0
	}
}

// fixedOf counts by windows that begin at multiples of per after offset.
func fixedOf(n int, per, offset time.Duration) counter {
	window, used := int64(-1), 0
	return func(now time.Duration, _ int, _ float64, _ *rand.Rand) time.Duration {
		if w := int64((now + offset) / per); w != window {
			window, used = w, 0
		}
		if used >= n {
			return untold
		}
		used++
		return 0
	}
}

// slidingOf lets n calls in in any time of per.
func slidingOf(n int, per time.Duration) counter {
	var let []time.Duration
	return func(now time.Duration, _ int, _ float64, _ *rand.Rand) time.Duration {
		for len(let) > 0 && now-let[0] >= per {
			let = let[1:]
		}
		if len(let) >= n {
			return untold
		}
		let = append(let, now)
		return 0
	}
}

// crowdOf lets in while fewer than n are being answered.
func crowdOf(n int) counter {
	return func(_ time.Duration, inFlight int, _ float64, _ *rand.Rand) time.Duration {
		if inFlight >= n {
			return untold
		}
		return 0
	}
}

// tokensOf counts tokens in a bucket of a minute.
func tokensOf(n float64) counter {
	b := NewBucket(n, time.Minute, n)
	return func(now time.Duration, _ int, tokens float64, _ *rand.Rand) time.Duration {
		at := labEpoch.Add(now)
		if b.When(at, tokens) > at {
			return untold
		}
		b.waited = false
		b.Take(at, tokens)
		return 0
	}
}

// chanceOf refuses a share of the calls that then lets in, whatever their rate.
func chanceOf(share float64, then counter) counter {
	return func(now time.Duration, n int, tokens float64, chance *rand.Rand) time.Duration {
		if chance.Float64() < share {
			return untold
		}
		if then == nil {
			return 0
		}
		return then(now, n, tokens, chance)
	}
}

// telling tells how long to wait.
func telling(wait time.Duration, of counter) counter {
	return func(now time.Duration, n int, tokens float64, chance *rand.Rand) time.Duration {
		if of(now, n, tokens, chance) == untold {
			return wait
		}
		return 0
	}
}

// outageRules answers nothing but errors.
func outageRules(time.Duration, int, float64, *rand.Rand) time.Duration { return math.MaxInt64 }
