package paceline

import (
	"errors"
	"iter"
	"math/bits"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/internal/hist"
)

// Learnt deadlines: a multiple of what 99 of 100 calls need that are answered
// at all. For first tokens the factor 2 reached the makespan of a run without
// hangs within 20 %, at 1 % of extra calls (1,000 calls, 100 at once, 1 % hang).
var (
	firstTokenRule = rule{cold: 60 * time.Second, floor: 2 * time.Second, ceiling: 10 * time.Minute, factor: 2}
	stallRule      = rule{cold: 60 * time.Second, floor: time.Second, ceiling: 5 * time.Minute, factor: 5}
)

// limits are one attempt's deadlines, and when it is slow enough for a hedge;
// 0 is none.
type limits struct{ first, stall, total, hedge time.Duration }

// deadlines gives each attempt its deadlines: those configured, else learnt per
// model and size of prompt. The dispatcher owns it.
type deadlines struct {
	cfg     Deadlines
	learnt  map[learnKey]*learners
	version int // changes when a learnt deadline has become shorter
}

// learnKey groups calls that take about as long to their first token: of one
// model, with prompts within a factor of 16 of each other.
type learnKey struct {
	model string
	size  int
}

type learners struct{ first, stall learner }

func newDeadlines(cfg Deadlines) *deadlines {
	return &deadlines{cfg: cfg, learnt: make(map[learnKey]*learners)}
}

// learnKeys bounds what is kept where every item names a model of its own; the
// groups beyond share one.
const learnKeys = 64

// of returns what is learnt for calls like c.
func (d *deadlines) of(c *call) *learners {
	key := learnKey{c.model, bits.Len(uint(c.size)) / 4}
	l := d.learnt[key]
	if l == nil && len(d.learnt) >= learnKeys {
		key = learnKey{}
		l = d.learnt[key]
	}
	if l == nil {
		l = &learners{first: newLearner(firstTokenRule), stall: newLearner(stallRule)}
		d.learnt[key] = l
	}
	return l
}

// limits returns the deadlines in force for an attempt. Each time that a learnt
// deadline has cut the same call, the next attempt has twice the time: a call
// that is slower than others of its kind is answered in the end.
func (d *deadlines) limits(a *attempt) limits {
	l := a.learners
	first := l.first.lenient(a.call.late)
	if a.probe { // whether anything answers matters more than how soon
		first = max(first, l.first.cold)
	}
	return limits{
		first: choose(d.cfg.FirstToken, first),
		stall: choose(d.cfg.Stall, l.stall.lenient(a.call.late)),
		total: max(d.cfg.Total, 0),
		hedge: l.first.slow,
	}
}

func choose(fixed, learnt time.Duration) time.Duration {
	if fixed == 0 {
		return learnt
	}
	return max(fixed, 0)
}

// begun learns from an attempt's first content, while those of the watch are
// still under way. It must not wait for the attempt's end: the answers that end
// first are the quickest in all respects.
func (d *deadlines) begun(a *attempt, w *watch, now flow.Instant) {
	d.learn(&a.learners.first, func(l *learner) { l.ended(a.firstToken(), w.waiting(a.learners, now)) })
}

// observe learns from an attempt that has ended.
func (d *deadlines) observe(a *attempt, end *ending, w *watch) {
	took := a.took(end.at)
	switch {
	case end.err == nil:
		d.learn(&a.learners.stall, func(l *learner) { l.ended(a.gap, nobody) })
		if a.first.Load() == 0 { // a provider of whole answers
			d.learn(&a.learners.first, func(l *learner) { l.ended(took, w.waiting(a.learners, end.at)) })
		}
	case end.err.Code == CodeFirstToken, errors.Is(end.err, errOutrun) && a.first.Load() == 0:
		d.learn(&a.learners.first, func(l *learner) { l.givenUp(took, w.waiting(a.learners, end.at)) })
	case end.err.Code == CodeStall:
		d.learn(&a.learners.stall, func(l *learner) { l.givenUp(a.limits.stall, nobody) })
	}
}

// learn changes what is known, and notes when the watch must look anew: when a
// deadline becomes shorter than those in force, or waiting begins to tell.
func (d *deadlines) learn(l *learner, change func(*learner)) {
	before, slow, n := l.deadline, l.slow, l.waits.Len()
	change(l)
	ripens := n < learnMin && l.waits.Len() >= learnMin
	if l.deadline < before*9/10 || slow == 0 && l.slow > 0 || ripens {
		d.version++
	}
}

// ripen lets a learner judge by those that still wait alone.
func (d *deadlines) ripen(l *learners, w *watch, now flow.Instant) {
	d.learn(&l.first, func(first *learner) {
		first.news = learnMemory
		first.judge(w.waiting(l, now))
	})
}

func nobody(func(time.Duration) bool) {}

// waiting yields how long each attempt has waited for its first content that
// still does.
func (w *watch) waiting(l *learners, now flow.Instant) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for _, a := range w.attempts {
			if a.learners == l && a.first.Load() == 0 && !yield(a.took(now)) {
				return
			}
		}
	}
}

// rule says how a deadline is learnt.
type rule struct {
	cold           time.Duration // until enough has been seen
	floor, ceiling time.Duration
	factor         float64 // on the 99th percentile
}

const (
	learnMin    = 20  // answers before the first judgement
	learnMemory = 500 // answers after which all so far count half
	learnEvery  = 16  // answers between two judgements, at least
	learnSoon   = 1   // the same while nothing is known yet

	// hedgeFloor: below it a second attempt saves less than it disturbs.
	hedgeFloor = 250 * time.Millisecond

	// A distribution is known when so large a share of calls has ended
	// within what was seen. Below that the quickest would speak for all: of a
	// lognormal one with sigma 1 twice the 96th percentile is above the 99th,
	// twice the 89th is far below.
	reachedEnough = 0.97
	// Where many calls hang it is never reached; then it is enough that those
	// still waiting have waited for a multiple of the longest answer.
	reachedLeast = 0.5
	surelyHung   = 4
	surelyHungIn = 5 * time.Second // at least: where most answer at once, some may be of another kind
)

// A learner learns one deadline. Calls that it cut are not forgotten: they
// count as longer than the deadline, so that one that cuts too much goes back
// to the cold start's.
type learner struct {
	rule
	deadline time.Duration
	slow     time.Duration // 95 of 100 are quicker; 0: not known
	waits    hist.Survival
	news     int           // since the last judgement
	slowest  time.Duration // that has ended
	longest  time.Duration // given up or waiting, at the last judgement
}

func newLearner(r rule) learner { return learner{rule: r, deadline: r.cold} }

func (l *learner) ended(d time.Duration, pending iter.Seq[time.Duration]) {
	l.waits.Ended(d)
	l.slowest = max(l.slowest, d)
	l.judge(pending)
}

// ripe returns how long a call must have waited for the learner to be asked
// anew although none has ended since; 0: it knows, or knows too little.
func (l *learner) ripe() time.Duration {
	if l.slow > 0 || l.waits.Len() < learnMin {
		return 0
	}
	return max(surelyHung*l.slowest*17/16, surelyHungIn) // durations are rounded up
}

// lenient returns the deadline for a call that deadlines have cut late times.
func (l *learner) lenient(late int) time.Duration {
	return max(l.deadline, min(l.deadline<<min(late, 10), l.ceiling))
}

func (l *learner) givenUp(d time.Duration, pending iter.Seq[time.Duration]) {
	l.waits.GivenUp(d)
	l.longest = max(l.longest, d)
	l.judge(pending)
}

func (l *learner) judge(pending iter.Seq[time.Duration]) {
	l.news++
	n, every := l.waits.Len(), learnSoon
	if l.slow > 0 {
		every = max(learnEvery, n/8)
	}
	if n < learnMin || l.news < every {
		return
	}
	l.news = 0
	curve := l.waits.Curve(pending)
	for d := range pending {
		l.longest = max(l.longest, d)
	}
	l.deadline, l.slow = l.cold, 0
	if l.known(curve) {
		l.slow = max(curve.Quantile(0.95), hedgeFloor)
		q := float64(curve.Quantile(0.99))
		l.deadline = min(max(time.Duration(l.factor*q), l.floor), l.ceiling)
	}
	l.longest = 0
	if l.waits.Len() >= learnMemory {
		l.waits.Fade()
	}
}

func (l *learner) known(c *hist.Curve) bool {
	r := c.Reached()
	return r >= reachedEnough || r >= reachedLeast && l.longest >= max(surelyHung*c.Longest(), surelyHungIn)
}
