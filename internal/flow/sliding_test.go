package flow

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pass takes a call that goes out at once.
func (s *Sliding) pass(now Instant) {
	p := s.Take(now)
	p.sent(now, 0)
}

func TestSlidingFillsAWindowAtOnceAndThenWaitsForItsEnd(t *testing.T) {
	s := NewSliding(2, time.Second)
	guard := Instant(firstGuard)
	for i, want := range []Instant{0, 0, 1000*ms + guard, 1000*ms + guard, 2000*ms + 2*guard} {
		at := s.When(0)
		if at != want {
			t.Fatalf("call %d at %v, want %v", i, time.Duration(at), time.Duration(want))
		}
		s.pass(at)
	}
}

func TestSlidingBelowOne(t *testing.T) {
	s := NewSliding(0.5, time.Second) // one in two seconds
	s.pass(0)
	if at := s.When(0); at < 2000*ms || at > 2100*ms {
		t.Errorf("when = %v, want just over 2s", time.Duration(at))
	}
}

func TestSlidingHoldsInAnyWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		s := NewSliding(float64(n), time.Second)
		var now Instant
		var out []Instant
		var inside []*passage
		for range 100 {
			now += Instant(rapid.Int64Range(0, int64(300*ms)).Draw(t, "step"))
			if k := len(inside); k > 0 && (k >= n || rapid.Bool().Draw(t, "goes out")) {
				i := rapid.IntRange(0, k-1).Draw(t, "which")
				inside[i].sent(now, 0)
				inside = slices.Delete(inside, i, i+1)
				out = append(out, now)
			}
			if now = max(now, min(s.When(now), now+2000*ms)); s.When(now) > now {
				continue
			}
			p := s.Take(now)
			inside = append(inside, &p)
		}
		for i := n; i < len(out); i++ {
			if d := out[i].Sub(out[i-n]); d <= time.Second {
				t.Fatalf("%d calls went out within %v", n+1, d)
			}
		}
	})
}

func TestSlidingPausesOnceAfterARefusal(t *testing.T) {
	s := NewSliding(10, time.Second)
	s.spread = spread{} // it keeps none apart
	refuse := func(sent, heard Instant) (pause time.Duration) {
		p := s.Take(sent)
		p.sent(sent, 0)
		s.Refused(heard, &p)
		return max(0, s.When(heard).Sub(heard))
	}
	if d := refuse(1000*ms, 1001*ms); d != 2*time.Millisecond || s.floor != firstGuard {
		t.Errorf("a pause of %v and a guard of %v after a refusal", d, s.floor)
	}
	if d := refuse(1001*ms, 1002*ms); d != time.Millisecond {
		t.Errorf("a pause of %v more for a call that was on its way", d)
	}
	if d := refuse(1003*ms, 1005*ms); d != 8*time.Millisecond || s.floor != firstGuard {
		t.Errorf("a pause of %v and a guard of %v after a refusal behind the pause", d, s.floor)
	}
	for sent := 1100 * ms; sent < 2000*ms; sent += 100 * ms {
		if d := refuse(sent, sent); d > 500*time.Millisecond {
			t.Errorf("a pause of %v, want at most half a window", d)
		}
	}
}

func TestSlidingWidensItsGuardWhereRefusalsComeAgain(t *testing.T) {
	s := NewSliding(10, time.Second)
	for i, want := range []time.Duration{2, 4, 8, 16, 32, 64, 100, 100} {
		now := Instant(2*i+1) * 1000 * ms
		want *= time.Millisecond
		if s.Refused(now, &passage{}); s.floor > want || s.floor < want*9/10 { // some is forgiven meanwhile
			t.Errorf("guard %v after %d refusals, each in another window", s.floor, i+1)
		}
	}
	last := s.troubled
	for at := last; at <= last.Add(forgiving*time.Second); at += 1000 * ms {
		s.When(at)
	}
	if s.floor < 48*time.Millisecond || s.floor > 54*time.Millisecond {
		t.Errorf("guard %v after %d windows without a refusal, want half of what was added", s.floor, forgiving)
	}
}

func TestSlidingTellsStrayRefusalsFromAWrongLimit(t *testing.T) {
	s := NewSliding(10, time.Second)
	for i := range Instant(100) {
		if !s.Refused(i*10_000*ms, &passage{}) {
			t.Fatalf("refusal %d, ten windows after the last, is more than a stray", i)
		}
	}
	stray := true
	for i := range Instant(5) {
		stray = s.Refused(1_000_000*ms+i*1000*ms, &passage{})
	}
	if stray {
		t.Error("five windows in a row with a refusal are taken for chance")
	}
}

func TestSlidingCountsFromWhenACallGoesOut(t *testing.T) {
	s := NewSliding(2, time.Second)
	first, second := s.Take(0), s.Take(0)
	if at := s.When(0); at != Never {
		t.Fatalf("third at %v although none has gone out", time.Duration(at))
	}
	second.sent(5*ms, 0)
	first.sent(300*ms, 0) // it opened a connection
	if at := s.When(300 * ms); at < 1005*ms || at > 1010*ms {
		t.Errorf("third at %v, want a second after the second, which went out before the first", time.Duration(at))
	}
	third := s.Take(1010 * ms)
	if at := s.When(1010 * ms); at < 1300*ms || at > 1310*ms {
		t.Errorf("fourth at %v, want a second after the first went out", time.Duration(at))
	}
	third.sent(1010*ms, 0)
	first.sent(1100*ms, 0) // it had to ask twice
	if at := s.When(1310 * ms); at < 2010*ms {
		t.Errorf("fourth at %v although the first has gone out again", time.Duration(at))
	}
}

func TestSlidingGivesBackWhatDidNotGoOut(t *testing.T) {
	s := NewSliding(1, time.Second)
	s.pass(0)
	second := s.Take(1010 * ms)
	second.ended(1050*ms, Overloaded) // its connection was refused
	if at := s.When(1050 * ms); at > 1050*ms {
		t.Errorf("third at %v although the second has not gone out", time.Duration(at))
	}
}

func TestSlidingDoesNotWaitWhereNobodyTells(t *testing.T) {
	s := NewSliding(1, time.Second)
	p := s.Take(0)
	if at := s.When(500 * ms); at != Never {
		t.Fatalf("at %v before the call has gone out", time.Duration(at))
	}
	p.ended(600*ms, Answered)
	if at := s.When(600 * ms); at < 1000*ms || at > 1010*ms {
		t.Errorf("at %v after a call that told nothing", time.Duration(at))
	}
	s.Take(2000 * ms)
	if at := s.When(2000 * ms); at < 3000*ms || at > 3010*ms {
		t.Errorf("at %v, want a window after the admission", time.Duration(at))
	}
}

func TestSlidingKeepsWhatWentOutWhenItsLimitChanges(t *testing.T) {
	s := NewSliding(2, time.Second)
	for i := range Instant(200) {
		s.pass(i * 500 * ms)
	}
	s.adjust(100, time.Minute) // more than it remembers
	if at := s.When(100_000 * ms); at < 120_000*ms {
		t.Errorf("at %v, want nothing while more than 100 went out in the last minute", time.Duration(at))
	}
	// The dispatcher waits for this: it takes minutes if each of them is moved
	// for each that is put before it.
	s.adjust(1e6, time.Minute)
	if at := s.When(100_000 * ms); at < 120_000*ms {
		t.Errorf("at %v, want nothing while a million may have gone out in the last minute", time.Duration(at))
	}
}

// trips are round trips of two delays each, which draw returns.
func (s *Sliding) learn(n int, draw func() float64) {
	var all []time.Duration
	for range n {
		all = append(all, time.Duration((draw()+draw())*float64(time.Millisecond)))
	}
	slices.Sort(all) // as they are heard of when all are opened at once
	for _, trip := range all {
		s.trips.add(0, trip)
	}
}

func TestSlidingLearnsTheNetworksJitter(t *testing.T) {
	luck := rand.New(rand.NewPCG(1, 2))
	for _, network := range []struct {
		name        string
		draw        func() float64 // a delay, in ms
		least, most time.Duration
	}{
		{"long but even", func() float64 { return 40 + luck.Float64()/10 }, 0, 0},
		{"0 to 20 ms", func() float64 { return 20 * luck.Float64() }, 20 * time.Millisecond, 28 * time.Millisecond},
		{"mostly even, now and then 50 ms", func() float64 {
			if luck.Float64() < 0.02 {
				return 50
			}
			return 1
		}, 25 * time.Millisecond, 100 * time.Millisecond},
	} {
		for _, n := range []int{256, 500, 2000} {
			s := NewSliding(10, time.Second)
			s.learn(n, network.draw)
			if d := s.trips.oneWay(); d < network.least || d > network.most {
				t.Errorf("%s, %d trips: guard %v, want %v to %v", network.name, n, d, network.least, network.most)
			}
		}
	}
}

// TestSlidingCrowdsNeedLessGuard sends crowds a window and the crowd's guard
// apart over an uneven network and looks for a k-th arrival that comes too soon
// after the k-th before.
func TestSlidingCrowdsNeedLessGuard(t *testing.T) {
	luck := rand.New(rand.NewPCG(3, 4))
	for name, draw := range map[string]func() float64{
		"even spread": func() float64 { return 20 * luck.Float64() },
		"triangle":    func() float64 { return 10 * (luck.Float64() + luck.Float64()) },
		"bell":        func() float64 { return math.Abs(10 + 3*luck.NormFloat64()) },
	} {
		s := NewSliding(10, time.Second)
		s.learn(500, draw)
		for _, m := range []int{100, 500, 2000} {
			guard := float64(s.floor+s.trips.crowd(m)) / float64(time.Millisecond)
			var before []float64
			for round := range 50 {
				var arrivals []float64
				for range m {
					arrivals = append(arrivals, draw())
				}
				slices.Sort(arrivals)
				for k := range before {
					if arrivals[k]+guard < before[k] {
						t.Fatalf("%s: call %d of crowd %d of %d comes %.1f ms too soon", name, k, round, m, before[k]-arrivals[k]-guard)
					}
				}
				before = arrivals
			}
		}
		if wide, crowd := s.trips.oneWay(), s.trips.crowd(2000); crowd > wide/2 {
			t.Errorf("%s: 2,000 calls need %v where single ones need %v", name, crowd, wide)
		}
	}
}
