package flow

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = Instant(time.Millisecond)

func TestBucketScript(t *testing.T) {
	type row struct {
		now, n float64 // ms
		want   float64 // ms at which n may be taken; it is taken then
	}
	for _, c := range []struct {
		name  string
		rate  float64 // per second
		burst float64
		rows  []row
	}{
		{"evenly without a burst", 2, 1, []row{{0, 1, 0}, {0, 1, 500}, {500, 1, 1000}, {3000, 1, 3000}, {3000, 1, 3500}}},
		{"a burst, then evenly", 10, 3, []row{{0, 1, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 100}, {100, 1, 200}}},
		{"a pause fills it again, and not beyond", 10, 2, []row{{0, 1, 0}, {0, 1, 0}, {1000, 1, 1000}, {1000, 1, 1000}, {1000, 1, 1100}}},
		{"more than it holds is taken when full and paid off", 10, 2, []row{{0, 5, 0}, {0, 1, 400}, {400, 1, 500}}},
	} {
		b := NewBucket(c.rate, time.Second, c.burst)
		for i, r := range c.rows {
			got := b.When(Instant(r.now)*ms, r.n)
			if got != Instant(r.want)*ms {
				t.Errorf("%s: row %d: when %v, want %v ms", c.name, i, time.Duration(got), r.want)
			}
			b.Take(got, r.n)
		}
	}
}

func TestBucketKeepsCreditOfALateWake(t *testing.T) {
	b := NewBucket(10, time.Second, 1)
	b.Take(0, 1)
	if at := b.When(0, 1); at != 100*ms {
		t.Fatalf("when = %v", time.Duration(at))
	}
	b.Take(104*ms, 1) // the timer came 4 ms late
	if at := b.When(104*ms, 1); at != 200*ms {
		t.Errorf("after a late wake the next is at %v, want 200ms", time.Duration(at))
	}
	b.Take(300*ms, 1) // late beyond the credit: 80 ms of it are lost
	if at := b.When(300*ms, 1); at != 380*ms {
		t.Errorf("the credit is not bounded: next at %v, want 380ms", time.Duration(at))
	}
}

func TestBucketGivesBack(t *testing.T) {
	b := NewBucket(10, time.Second, 1)
	b.Take(0, 3)
	b.Give(2)
	if at := b.When(0, 1); at != 100*ms {
		t.Errorf("when = %v, want 100ms", time.Duration(at))
	}
}

func TestZeroBucketDoesNotLimit(t *testing.T) {
	var b Bucket
	b.Take(0, 1e9)
	if at := b.When(0, 1e9); at != 0 {
		t.Errorf("when = %v", time.Duration(at))
	}
}

// In any window the bucket lets through no more than the rate brings in it,
// plus the burst, plus what one late wake may catch up.
func TestBucketNeverExceedsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.5, 5000).Draw(t, "rate")
		burst := float64(rapid.IntRange(1, 50).Draw(t, "burst"))
		b := NewBucket(rate, time.Second, burst)
		var now Instant
		var taken []Instant
		for range 200 {
			now += Instant(rapid.Int64Range(0, int64(50*ms)).Draw(t, "step"))
			for b.When(now, 1) <= now && len(taken) < 2000 {
				b.Take(now, 1)
				taken = append(taken, now)
			}
		}
		for i := range taken {
			for j := i; j < len(taken); j++ {
				window := taken[j].Sub(taken[i])
				most := burst + rate*(window+lateness).Seconds() + 1
				if n := float64(j - i + 1); n > most {
					t.Fatalf("%v calls in %v, at most %.1f are allowed", n, window, most)
				}
			}
		}
	})
}

func TestBucketOfAnEnormousDebtStaysShut(t *testing.T) {
	b := NewBucket(1000, time.Minute, 1000)
	b.Take(0, 1e18)
	if at := b.When(0, 1); at < Instant(100*365*24*time.Hour) {
		t.Errorf("open again at %v", time.Duration(at))
	}
	b.Give(1e18)
	if at := b.When(0, 1); at != 0 {
		t.Errorf("at %v after all was given back", time.Duration(at))
	}
}

// TestACoarseTimerCostsNoRate wakes those who wait for a bucket of one once a
// millisecond, and every seven: what is due by then starts then. After a pause, and
// after a wake that was later than it may be, there is one to start.
func TestACoarseTimerCostsNoRate(t *testing.T) {
	const rate = 10_000
	for _, tick := range []Instant{ms, 7 * ms} {
		b := NewBucket(rate, time.Second, 1)
		drain := func(now Instant) (n int) {
			for b.When(now, 1) == now {
				b.Take(now, 1)
				n++
			}
			return n
		}
		started, now := drain(0), Instant(0)
		for now < Instant(time.Second) {
			now += tick
			n := drain(now)
			started += n
			if most := int(tick*rate/Instant(time.Second)) + 1; n > most {
				t.Fatalf("%v: %d start at a wake, of %d that are due", now, n, most)
			}
		}
		if want := int(now * rate / Instant(time.Second)); started < want || started > want+1 {
			t.Errorf("woken every %v, %d start in %v, want %d", time.Duration(tick), started, time.Duration(now), want)
		}
		b.Take(now, 1) // the queue is empty: nobody waits from here on
		for range 3 {
			now += Instant(time.Second)
			b.Take(now, 1)
			if b.When(now, 1) == now {
				t.Errorf("after a pause a second one starts at once, of a bucket of one")
			}
			b.waited = false // and nobody did
		}
		b.When(now, 1)
		now += Instant(time.Second)
		if n, most := drain(now), int(lateness*rate/time.Second)+1; n > most {
			t.Errorf("a second late, %d start at once, want %d at most", n, most)
		}
	}
}

// TestOnlyALateWakeGivesCredit has calls at one a second, of which no two may start
// together, wait for something else as well. That gives those behind them no credit: a
// server that counts exactly refuses none. A late wake does.
func TestOnlyALateWakeGivesCredit(t *testing.T) {
	nothing := func(*Admission, []*Ticket) {}
	withdraw := func(a *Admission, of []*Ticket) { a.Remove(of[0]); a.Remove(of[1]) }
	addAgain := func(a *Admission, of []*Ticket) { a.Add(2000*ms, of[0]); a.Add(2000*ms, of[1]) }
	hold := func(held bool) func(*Admission, []*Ticket) {
		return func(a *Admission, _ []*Ticket) { a.Hold(held) }
	}
	for name, c := range map[string]struct {
		tokens        float64                          // of the first
		half, two     func(a *Admission, of []*Ticket) // half a second and two after it
		second, third Instant                          // start then
	}{
		"none":      {half: nothing, two: nothing, second: 1000 * ms, third: 2000 * ms},
		"withdrawn": {half: withdraw, two: addAgain, second: 2000 * ms, third: 3000 * ms},
		"held":      {half: hold(true), two: hold(false), second: 2000 * ms, third: 3000 * ms},
		"tokens":    {tokens: 30, half: nothing, two: nothing, second: 3000 * ms, third: 4000 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			a := New(func() float64 { return 0.5 }, Limits{Requests: Rate{60, time.Minute}, Burst: 1, Tokens: Rate{10, time.Second}, InFlight: 9})
			all := []*Ticket{{In: c.tokens}, {In: min(c.tokens, 10)}, {}}
			for _, x := range all {
				a.Add(0, x)
			}
			var starts []Instant
			for now := Instant(0); now <= 5000*ms; now += 5 * ms {
				switch now {
				case 500 * ms:
					c.half(a, all[1:])
				case 2000 * ms:
					c.two(a, all[1:])
				}
				for x, _ := a.Next(now); x != nil; x, _ = a.Next(now) {
					starts = append(starts, now)
				}
			}
			if len(starts) != 3 || starts[1] != c.second || starts[2] != c.third {
				t.Errorf("they start at %v, want %v and %v", starts, c.second, c.third)
			}
		})
	}
	a := New(func() float64 { return 0.5 }, Limits{Requests: Rate{60, time.Minute}, Burst: 1, InFlight: 9})
	fill(a, 3, 0)
	for _, at := range []Instant{0, 1015 * ms, 2000 * ms} {
		if x, _ := a.Next(at); x == nil {
			t.Errorf("none starts at %v, after a wake that was 15 ms late", time.Duration(at))
		}
		a.Next(at)
	}
}

// A dispatcher that has too much to do starts nothing, though the time has come: no
// late wake, and no credit.
func TestARestGivesNoCredit(t *testing.T) {
	for _, tt := range []struct {
		rests bool
		third Instant
	}{{false, 2000 * ms}, {true, 2015 * ms}} {
		a := New(half, Limits{Requests: Rate{60, time.Minute}, Burst: 1, InFlight: 9})
		fill(a, 3, 0)
		for range 2 { // the first, and when to come again
			a.Next(0)
		}
		if tt.rests {
			a.Rest()
		}
		if x, _ := a.Next(1015 * ms); x == nil {
			t.Fatal("none starts once its time has come")
		}
		if _, at := a.Next(1015 * ms); at != tt.third {
			t.Errorf("it rests: %t; the third starts at %v, want %v", tt.rests, time.Duration(at), time.Duration(tt.third))
		}
	}
}
