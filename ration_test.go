package paceline

import (
	"context"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/internal/hist"
)

func curve(s *hist.Survival) *hist.Curve {
	c := new(hist.Curve)
	s.Curve(c, nobody.waits)
	return c
}

// rationed returns a ration with attempts under way that have waited for the
// ages given, of calls that take 1 to 1,000 ms; one in a hundred hangs. The last
// are of a run whose source has ended, if they are to be.
func rationed(last bool, ages ...time.Duration) *ration {
	var s hist.Survival
	for i := range 990 {
		s.Ended(time.Duration(i+1) * time.Millisecond)
	}
	for range 10 {
		s.GivenUp(10 * time.Second)
	}
	l := &learners{first: newLearner(firstTokenRule)}
	l.first.slow = newSlowness(curve(&s))
	now, w := flow.Instant(time.Hour), new(watch)
	for _, age := range ages {
		a := &attempt{call: &call{run: &run{last: last, mayStart: context.Background()}}, learners: l, admitted: now.Add(-age), life: &lifetime{parent: context.Background()}}
		w.attempts = append(w.attempts, a)
	}
	r := new(ration)
	r.gather(now, w, true)
	return r
}

func young(n int, more ...time.Duration) []time.Duration {
	return append(make([]time.Duration, n), more...)
}

func TestARationIsForThoseThatTheBudgetReachesFor(t *testing.T) {
	for _, c := range []struct {
		name string
		last bool
		ages []time.Duration
		left float64
		want float64
	}{
		{"much is left", false, young(10), 10, 0.95},
		{"much is left at the end of a run", true, young(10), 10, 0.75},
		{"100 under way at the end of a run, 11 of which reach the share", true, young(100), 11, 0.9},
		{"two hang already", true, young(100, 5*time.Second, 5*time.Second), 10.5, 0.93},
		{"only for those that hang", true, young(100), 1.5, 0.995},
		{"nothing for those to come", false, young(10), 0.7, 0.995},
		{"not enough for those that hang", true, young(0, 5*time.Second, 5*time.Second), 1, 1},
	} {
		r := rationed(c.last, c.ages...)
		if got := slowShares[max(r.share(c.left, 0.01), r.waiting[0].from)]; got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestOneThatWaitsLongerThanAnyOfItsKindIsOneHedge(t *testing.T) {
	// Of a kind that is quicker than any hedge, of which none hangs.
	var s hist.Survival
	for i := range 100 {
		s.Ended(time.Duration(i+1) * time.Millisecond)
	}
	quick := &learners{first: newLearner(firstTokenRule)}
	quick.first.slow = newSlowness(curve(&s))
	r := rationed(false, young(10)...)
	w := waiter{attempt: &attempt{learners: quick}, age: 200 * time.Millisecond, from: notAtEnd}
	w.alive = quick.first.slow.alive(w.age)
	r.waiting = append(r.waiting, w)
	if got := slowShares[r.share(10, 0.01)]; got > slowFrom {
		t.Errorf("it keeps hedges from all that are not slower than %v of their kind", got)
	}
}

func TestARationIsForTheSlowestFirst(t *testing.T) {
	r := rationed(true, 0, 5*time.Second, 980*time.Millisecond, time.Minute, 500*time.Millisecond)
	for i, want := range []time.Duration{time.Minute, 5 * time.Second, 980 * time.Millisecond, 500 * time.Millisecond, 0} {
		if r.waiting[i].age != want {
			t.Errorf("number %d has waited for %v, want %v", i, r.waiting[i].age, want)
		}
	}
}

// Of a distribution with a long tail the first answers show nothing of it.
func TestTheDeadlineOfALongTailIsNotTooShortAtFirst(t *testing.T) {
	l := newLearner(firstTokenRule)
	// The 30 quickest of the tenths of a lognormal distribution (0.8 s, σ 1),
	// whose 99th percentile is 8.2 s.
	for range 3 {
		for _, ms := range []int{154, 284, 408, 544, 705, 908, 1177, 1571, 2251, 2882} {
			l.ended(time.Duration(ms)*time.Millisecond, nobody)
		}
	}
	if l.slow == nil || l.deadline < 8200*time.Millisecond || l.deadline > time.Minute {
		t.Errorf("the deadline is %v, the true 99th percentile 8.2 s", l.deadline)
	}
}

func TestTheDeadlineOfAShortTailIsShorter(t *testing.T) {
	short, long := newLearner(firstTokenRule), newLearner(firstTokenRule)
	for k := range 1000 {
		i := k * 7 % 1000
		short.ended(2*time.Second+time.Duration(i)*time.Millisecond, nobody)
		long.ended(time.Duration(i*i*i*i*i/50_000_000_000)*time.Millisecond, nobody)
	}
	if d := short.deadline; d < 4400*time.Millisecond || d > 4800*time.Millisecond {
		t.Errorf("%v for 2 to 3 s, want one and a half times 3 s", d)
	}
	if d := long.deadline; d < 36*time.Second || d > 41*time.Second {
		t.Errorf("%v for a tail to 20 s, want twice that", d)
	}
}

// A distribution that is known stays so through a few hangs more.
func TestWhatIsLearntSurvivesAFewHangsMore(t *testing.T) {
	l := newLearner(firstTokenRule)
	for i := range 200 {
		l.ended(time.Second+time.Duration(i)*time.Millisecond, nobody)
	}
	for range 10 {
		l.givenUp(10*time.Second, nobody)
	}
	l.news = learnMemory
	l.judge(nobody)
	if l.deadline == l.cold {
		t.Error("5 of 100 hang, and all that was learnt is forgotten")
	}
	for range 20 {
		l.givenUp(10*time.Second, nobody)
	}
	l.longest, l.news = 0, learnMemory
	one := &attempt{}
	one.sent.Store(1)
	l.judge(pending{watch: &watch{attempts: []*attempt{one}}, now: 1 + flow.Instant(2*time.Second)})
	if l.deadline != l.cold {
		t.Errorf("15 of 100 are cut, and the deadline stays %v", l.deadline)
	}
}

func TestADeadlineGrowsWithEachCutOfACall(t *testing.T) {
	s := func(d ...float64) (all []time.Duration) {
		for _, d := range d {
			all = append(all, time.Duration(d*float64(time.Second)))
		}
		return all
	}
	for _, c := range []struct {
		rule   rule
		learnt time.Duration
		want   []time.Duration // after so many cuts
	}{
		{firstTokenRule, 2250 * time.Millisecond, s(2.25, 9, 60, 120, 240, 480, 600, 600)},
		{firstTokenRule, 20 * time.Second, s(20, 60, 80, 160, 320, 600)},
		{firstTokenRule, 60 * time.Second, s(60, 120, 240, 480, 600)},
		{firstTokenRule, 10 * time.Minute, s(600, 600)},
		{stallRule, time.Second, s(1, 4, 60, 120, 240, 300)},
	} {
		l := newLearner(c.rule)
		l.deadline = c.learnt
		for late, want := range c.want {
			if got := l.lenient(late); got != want {
				t.Errorf("learnt %v, %d cuts: %v, want %v", c.learnt, late, got, want)
			}
		}
	}
}

func TestCuttingIsInVainWhereThoseThatAreSentAgainAreSlowAgain(t *testing.T) {
	l := newLearner(firstTokenRule)
	answered := func(n int) {
		for range n {
			l.ended(100*time.Millisecond, nobody)
		}
	}
	answered(200)
	if l.deadline != l.floor {
		t.Fatalf("%v is learnt of quick answers", l.deadline)
	}
	for range slowAgainMin {
		l.sentAgain(true)
	}
	if answered(1); l.deadline != l.cold {
		t.Errorf("%v where %d were slow again", l.deadline, slowAgainMin)
	}
	for range slowAgainMin { // now they are answered at once
		l.sentAgain(false)
	}
	if answered(1); l.deadline != l.floor {
		t.Errorf("%v where as many were answered when they were sent again", l.deadline)
	}
	for range 100 {
		l.sentAgain(false)
	}
	for range againMemory {
		l.sentAgain(true)
	}
	if !l.inVain() {
		t.Error("what was long ago still counts")
	}
}
