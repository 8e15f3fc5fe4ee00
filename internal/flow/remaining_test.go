package flow

import (
	"testing"
	"time"
)

// meter is a server's bucket of a minute's requests of which others take a share,
// and admission at it, as told by headers that come a second after their call.
type meter struct {
	level, rate float64 // requests, and how many come in a second
	refused     int
	let         int
}

// run makes calls for d under a limit of 300 a minute, of which others take so
// many a second, and returns what was let in after the first two minutes.
func (m *meter) run(others float64, d Instant, deaf bool) {
	type answer struct {
		at   Instant
		t    *Ticket
		left float64
	}
	const limit = 300
	m.level, m.rate = limit, limit/60
	a := New(half, Limits{InFlight: 1000})
	var coming []answer
	told := func(now Instant, x answer, kind OutcomeKind) {
		news := Told{Requests: Allowance{Rate: Rate{limit, time.Minute}, Left: x.left, Sure: true}}
		a.Told(now, 0, 0, news)
		if !deaf {
			a.Left(now, x.t, news)
		}
		a.Done(now, x.t, Outcome{Kind: kind, RetryAfter: time.Second})
	}
	for now := Instant(1000 * ms); now < d; now += 10 * ms {
		m.level = max(0, min(limit, m.level+(m.rate-others)*0.01))
		for len(coming) > 0 && coming[0].at <= now {
			told(now, coming[0], Answered)
			coming = coming[1:]
		}
		if a.State().Waiting == 0 {
			a.Add(now, &Ticket{})
		}
		x, _ := a.Next(now)
		switch {
		case x == nil || len(coming) > 20:
		case m.level < 1:
			told(now, answer{now, x, 0}, Throttled)
			m.refused++
		default:
			m.level--
			coming = append(coming, answer{now + 1000*ms, x, float64(int(m.level))})
			if now > 120_000*ms {
				m.let++
			}
		}
	}
}

func TestWhatIsLeftTellsOfOthers(t *testing.T) {
	const minutes = 10
	var heard, deaf, alone meter
	heard.run(5.0/3, minutes*60_000*ms, false)
	deaf.run(5.0/3, minutes*60_000*ms, true)
	alone.run(0, minutes*60_000*ms, false)
	if ours := 200 * (minutes - 2); heard.let < ours*9/10 || heard.refused > ours/100 {
		t.Errorf("%d of %d let in, %d refused", heard.let, ours, heard.refused)
	}
	if deaf.refused < 5*heard.refused {
		t.Errorf("%d refused without headers, %d with them: this shows nothing", deaf.refused, heard.refused)
	}
	if ours := 300 * (minutes - 2); alone.let < ours*98/100 || alone.refused > 0 {
		t.Errorf("nobody else is there: %d of %d let in, %d refused", alone.let, ours, alone.refused)
	}
}

func TestAnOlderAnswerSaysNothingOfWhatIsLeft(t *testing.T) {
	var r remaining
	limit := Allowance{Rate: Rate{100, time.Minute}}
	tell := func(now, started Instant, left float64) {
		limit.Left = left
		r.tells(now, started, r.taken, limit)
	}
	tell(1000*ms, 900*ms, 50)
	tell(2000*ms, 1900*ms, 10)
	tell(3000*ms, 1000*ms, 60)
	if r.left != 10 || r.told != 1900*ms {
		t.Errorf("%v left as of %v, the latest call was told 10", r.left, time.Duration(r.told))
	}
	if r.shared == 0 {
		t.Error("90 of 100 are missing, none was taken by us, and nobody else is suspected")
	}
}

func TestACallNeedsMoreThanWasLeftWhenOneWasRefused(t *testing.T) {
	var r remaining
	a := Allowance{Rate: Rate{60_000, time.Minute}, Left: 700}
	r.take(1000*ms, 30)
	r.tells(1001*ms, 1000*ms, r.taken, a)
	r.refuses(1001*ms, 1000*ms, 30)
	if r.taken != 0 || r.needs != 670 {
		t.Errorf("%v taken, a call needs %v more; want 0 and 670", r.taken, r.needs)
	}
}

func TestASmallBucketIsNoSignOfOthers(t *testing.T) {
	var r remaining
	for now := 1000 * ms; now < 200_000*ms; now += 1000 * ms { // a bucket of one, full every second
		r.take(now, 1)
		r.tells(now+300*ms, now, r.taken, Allowance{Rate: Rate{60, time.Minute}})
	}
	if r.shared != 0 {
		t.Error("others are suspected")
	}
	if at := r.when(200_000*ms, 1); at != 200_000*ms {
		t.Errorf("the next call at %v", time.Duration(at))
	}
}

// reserving is a server's bucket of a minute's tokens, of which each call has so
// many of it reserved, though it uses hardly any; seen is whether Reserves says so
// after each second in which as many calls were made.
func reserving(a *Admission, from Instant, seconds int, reserved, weighed float64, calls int) (seen int) {
	const limit = 60_000
	level := float64(limit)
	for i := range seconds {
		now := from.Add(time.Duration(i) * time.Second)
		level = min(limit, level+limit/60)
		for range calls {
			t := &Ticket{In: weighed / 10, Out: weighed - weighed/10}
			a.Add(now, t)
			if x, _ := a.Next(now); x == nil {
				a.Remove(t)
				break
			}
			level = max(0, level-reserved)
			told := Told{Tokens: Allowance{Rate: Rate{limit, time.Minute}, Left: level, Sure: true}}
			a.Told(now, 0, 0, told)
			a.Left(now.Add(500*time.Millisecond), t, told)
			a.Done(now.Add(500*time.Millisecond), t, Outcome{Kind: Answered, In: 5, Out: 10, Known: true})
		}
		if a.Reserves(0) {
			seen++
		}
	}
	return seen
}

func TestAServerThatKeepsTokensReservedIsKnown(t *testing.T) {
	a := New(half, Limits{InFlight: 1000})
	if n := reserving(a, labEpoch, 60, 15, 15, 5); n > 0 {
		t.Errorf("for %d s tokens are thought to stay reserved that were never", n)
	}
	now := labEpoch.Add(5 * time.Minute)
	if n := reserving(a, now, 120, 1000, 15, 2); n < 60 {
		t.Errorf("tokens that stay reserved are noticed for %d s of 120", n)
	}
	now = now.Add(3 * time.Minute)
	if n := reserving(a, now, 300, 1000, 1000, 1); n < 300 {
		t.Errorf("once calls are weighed by it, it is known for %d s of 300 that they stay reserved", n)
	}
	now = now.Add(6 * time.Minute)
	if n := reserving(a, now, 300, 15, 1000, 3); n > 200 {
		t.Errorf("for %d s of 300 tokens are thought to stay reserved that do not any more", n)
	}
}
