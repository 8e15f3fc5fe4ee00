package paceline

import (
	"errors"
	"math"
	"math/bits"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/internal/hist"
)

// Learnt deadlines: a multiple of what 99 of 100 calls need that are answered
// at all. For first tokens these factors reach the makespan of a run without
// hangs within 5 % in most runs and 15 % in nearly all, at 1 % of extra calls
// (1,000 calls, 100 at once, 1 % hang: "Stuck calls" in docs/flow.md).
var (
	firstTokenRule = rule{cold: 60 * time.Second, floor: 2250 * time.Millisecond, ceiling: 10 * time.Minute, least: 1.5, factor: 2}
	stallRule      = rule{cold: 60 * time.Second, floor: time.Second, ceiling: 5 * time.Minute, least: 5, factor: 5}
)

// limits are one attempt's deadlines; 0 is none.
type limits struct{ first, stall, total time.Duration }

// deadlines gives each attempt its deadlines: those configured, else learnt per
// model and size of prompt. The dispatcher owns it.
type deadlines struct {
	cfg     Deadlines
	learnt  map[learnKey]*learners
	version int // changes when a learnt deadline has become shorter

	key  learnKey  // that was asked for last: so is the next, mostly
	last *learners // of key; nil: none was
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

// of returns what is learnt for calls that ask the like of q.
func (d *deadlines) of(q question) *learners {
	key := learnKey{q.model, bits.Len(uint(q.size)) / 4}
	if d.last == nil || d.key != key {
		d.key, d.last = key, d.lookUp(key)
	}
	return d.last
}

func (d *deadlines) lookUp(key learnKey) *learners {
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

// limits returns the deadlines in force for an attempt. A learnt one may cost a
// call time, but not its answer: see [learner.lenient] and [learner.full].
func (d *deadlines) limits(a *attempt) limits {
	l, late := a.learners, a.call.late
	first, stall := l.first.lenient(late), l.stall.lenient(late)
	if a.probe { // whether anything answers matters more than how soon
		first = max(first, l.first.cold)
	}
	if a.call.lastTry {
		first, stall = max(first, l.first.full(late)), max(stall, l.stall.full(late))
	}
	return limits{
		first: choose(d.cfg.FirstToken, first),
		stall: choose(d.cfg.Stall, stall),
		total: max(d.cfg.Total, 0),
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
	d.answered(a, a.waited(flow.Instant(a.first.Load())), pending{w, a.learners, now})
}

// answered learns that the first content of an attempt came after took, or all of it.
func (d *deadlines) answered(a *attempt, took time.Duration, others pending) {
	d.learn(&a.learners.first, func(l *learner) {
		if a.again() {
			l.sentAgain(took > l.deadline)
		}
		l.ended(took, others)
	})
}

// unanswered learns that no content came of an attempt for as long as took.
func (d *deadlines) unanswered(a *attempt, took time.Duration, others pending) {
	d.learn(&a.learners.first, func(l *learner) {
		if a.again() && took >= l.deadline {
			l.sentAgain(true)
		}
		l.givenUp(took, others)
	})
}

// again reports whether the attempt is made because one at the same call was cut, so
// that it tells whether that helps. One at an endpoint that answers nothing does not.
func (a *attempt) again() bool { return a.call.late > 0 && a.beside == nil && !a.probe }

// observe learns from an attempt that has ended.
func (d *deadlines) observe(a *attempt, end *ending, w *watch) {
	took := a.waited(end.at)
	switch {
	case end.err == nil:
		d.learn(&a.learners.stall, func(l *learner) { l.ended(a.gap, nobody) })
		if a.first.Load() == 0 { // a provider of whole answers
			d.answered(a, took, pending{w, a.learners, end.at})
		}
	case end.err.Code == CodeFirstToken, errors.Is(end.err, errOutrun) && a.first.Load() == 0:
		d.unanswered(a, took, pending{w, a.learners, end.at})
	case end.err.Code == CodeStall:
		d.learn(&a.learners.stall, func(l *learner) { l.givenUp(a.limits.stall, nobody) })
	}
}

// learn changes what is known, and notes when the watch must look anew: when a
// deadline becomes shorter than those in force, or waiting begins to tell.
func (d *deadlines) learn(l *learner, change func(*learner)) {
	before, known, n := l.deadline, l.slow != nil, l.waits.Len()
	change(l)
	ripens := n < learnMin && l.waits.Len() >= learnMin
	if l.deadline < before*9/10 || !known && l.slow != nil || ripens {
		d.version++
	}
}

// ripen lets a learner judge by those that still wait alone.
func (d *deadlines) ripen(l *learners, w *watch, now flow.Instant) {
	d.learn(&l.first, func(first *learner) {
		first.news = learnMemory
		first.judge(pending{w, l, now})
	})
}

// pending are the attempts of a watch that still wait for their first content at
// some instant, of those that are learnt from together.
type pending struct {
	watch *watch
	of    *learners
	now   flow.Instant
}

// nobody is pending where waiting says nothing.
var nobody = pending{watch: new(watch)}

// waits yields how long each has waited.
func (p pending) waits(yield func(time.Duration) bool) {
	for _, a := range p.watch.attempts {
		if a.learners == p.of && a.first.Load() == 0 && !yield(a.waited(p.now)) {
			return
		}
	}
}

// rule says how a deadline is learnt.
type rule struct {
	cold           time.Duration // until enough has been seen
	floor, ceiling time.Duration
	least, factor  float64 // on the 99th percentile, for a short tail and for a long one
}

const (
	learnMin    = 20   // answers before the first judgement
	learnMemory = 1000 // answers after which all so far count half
	learnEvery  = 16   // answers between two judgements, at least
	learnSoon   = 1    // the same while nothing is known yet
	learnAsked  = 64   // calls that still wait, to be asked for each answer until then

	// tailKnown answers show the 99th percentile.
	tailKnown = 300
	// tailShare of the distance from the 90th to the 99th percentile is kept
	// beyond the 99th at least: a distribution that ends has no tail to wait for.
	tailShare = 1.4
	z90, z99  = 1.2816, 2.3263 // of the normal distribution
	// tailDoubt is three standard deviations of the 99th percentile that is
	// extrapolated from the median and the 90th of one answer, as a multiple of
	// their distance on a logarithmic scale.
	tailDoubt = 7

	// A distribution is known when so large a share of calls has ended
	// within what was seen. Below that the quickest would speak for all: of a
	// lognormal one with sigma 1 twice the 96th percentile is above the 99th,
	// twice the 89th is far below.
	reachedEnough = 0.96
	// Below that, the 99th percentile of those that have ended falls short.
	reachedTail = 0.97
	// Once it is known it stays so until deadlines have cut more than chance
	// and a few more hangs explain.
	reachedStill = 0.92
	// Where many calls hang it is never reached; then it is enough that those
	// still waiting have waited for a multiple of the longest answer.
	reachedLeast = 0.5
	surelyHung   = 4
	surelyHungIn = 5 * time.Second // at least: where most answer at once, some may be of another kind

	// again is by how much the second attempt's deadline is longer than the first's.
	again = 4
	// slowAgainMin calls at least that were cut, sent again and slow again, and more
	// of them than were answered then, show that those that are cut do not hang:
	// some items are slow by nature.
	slowAgainMin = 3
	// againMemory of these are remembered at most: many, since those that hang again
	// end together, long after those that were answered.
	againMemory = 256
)

// A learner learns one deadline. Calls that it cut are not forgotten: they
// count as longer than the deadline, so that one that cuts too much goes back
// to the cold start's.
type learner struct {
	rule
	deadline time.Duration
	slow     *slowness // nil: not known
	waits    hist.Survival
	curve    *hist.Curve   // as estimated last; slow reads it
	news     int           // since the last judgement
	slowest  time.Duration // that has ended
	longest  time.Duration // given up or waiting, at the last judgement
	waiting  int           // how many waited then: to ask them all costs as much as so many answers

	slowAgain, cured int // of calls that were cut and sent again lately: by whether they took as long again
}

func newLearner(r rule) learner { return learner{rule: r, deadline: r.cold} }

func (l *learner) ended(d time.Duration, others pending) {
	l.waits.Ended(d)
	l.slowest = max(l.slowest, d)
	l.judge(others)
}

// sentAgain notes whether a call that was cut was slow again when it was sent again.
func (l *learner) sentAgain(slow bool) {
	vain, cures := l.inVain(), l.cures()
	if slow {
		l.slowAgain++
	} else {
		l.cured++
	}
	if l.slowAgain+l.cured >= againMemory {
		l.slowAgain, l.cured = l.slowAgain/2, l.cured/2
	}
	if l.inVain() != vain || l.cures() != cures {
		l.news = learnMemory // to be judged at once
	}
}

// inVain reports whether those that are cut are mostly slow again.
func (l *learner) inVain() bool { return l.slowAgain >= slowAgainMin && l.slowAgain > l.cured }

// cures reports whether those that are cut are mostly answered when they are sent again.
func (l *learner) cures() bool { return l.cured >= slowAgainMin && l.cured > l.slowAgain }

// ripe returns how long a call must have waited for the learner to be asked
// anew although none has ended since; 0: it knows, or knows too little.
func (l *learner) ripe() time.Duration {
	if l.slow != nil || l.waits.Len() < learnMin {
		return 0
	}
	return max(surelyHung*l.slowest*17/16, surelyHungIn) // durations are rounded up
}

// lenient returns the deadline for a call that deadlines have cut late times: twice
// as long each time, at least. After one cut, which more likely was of a call that
// hung than of one that is slow by nature, it is [again] times as long, up to the cold
// start's. A call that was cut twice is taken to be slower than others of its kind: it
// has the time that it would have if nothing had been learnt. Where so many hang that
// some are cut several times by chance, and sending again helps, it only doubles.
func (l *learner) lenient(late int) time.Duration {
	d := l.deadline << min(late, 10)
	if late > 0 && !l.cures() {
		d = max(d, min(again*l.deadline, l.cold))
		if late > 1 {
			d = max(d, l.full(late))
		}
	}
	return max(l.deadline, min(d, l.ceiling))
}

// full returns the deadline of a call's last attempt, after it was cut late times: as
// long as if nothing had been learnt.
func (l *learner) full(late int) time.Duration {
	return max(l.deadline, min(l.cold<<min(max(late-2, 0), 10), l.ceiling))
}

func (l *learner) givenUp(d time.Duration, others pending) {
	l.waits.GivenUp(d)
	l.longest = max(l.longest, d)
	l.judge(others)
}

func (l *learner) judge(others pending) {
	l.news++
	n, every := l.waits.Len(), min(max(learnSoon, l.waiting/learnAsked), learnMemory)
	if l.slow != nil {
		every = max(learnEvery, n/8, l.waiting/8)
	}
	if n < learnMin || l.news < every {
		return
	}
	l.news = 0
	if l.curve == nil {
		l.curve = new(hist.Curve)
	}
	l.waits.Curve(l.curve, others.waits)
	l.waiting = 0
	for d := range others.waits {
		l.longest = max(l.longest, d)
		l.waiting++
	}
	known := l.known(l.curve)
	l.deadline, l.slow = l.cold, nil
	if known {
		l.slow = newSlowness(l.curve)
		l.deadline = min(max(l.multiple(l.curve), l.shortest()), l.ceiling)
	}
	l.longest = 0
	if l.waits.Len() >= learnMemory {
		l.waits.Fade()
	}
}

// shortest returns what no learnt deadline is below. Where cutting is in vain, that is
// what holds where nothing is known: only those that are slower still are cut, and
// then twice at most.
func (l *learner) shortest() time.Duration {
	if l.inVain() {
		return l.cold
	}
	return l.floor
}

// multiple returns the rule's multiple of the 99th percentile. While few have
// been seen, that is the longest of them or one of the next, and of a long tail
// only the beginning: then it is at least the upper bound of the 99th percentile
// of a lognormal distribution that has this median and this 90th percentile.
func (l *learner) multiple(c *hist.Curve) time.Duration {
	p90, p99 := float64(c.Quantile(0.9)), float64(c.Quantile(0.99))
	m := time.Duration(p99 * min(max(l.least, tailShare*p99/p90), l.factor))
	n := float64(l.waits.Len())
	if n >= tailKnown && c.Reached() >= reachedTail {
		return m
	}
	median := float64(c.Within(0.5))
	p90 = float64(c.Within(0.9))
	sigmas := z99/z90 + tailDoubt/math.Sqrt(n)
	return max(m, min(time.Duration(median*math.Pow(p90/median, sigmas)), l.cold))
}

// known reports whether enough has been seen. Once deadlines cut, nobody waits for so
// long any more that it surely hangs; then it tells that those that are cut are answered
// when they are sent again.
func (l *learner) known(c *hist.Curve) bool {
	switch r := c.Reached(); {
	case r >= reachedEnough, l.slow != nil && r >= reachedStill:
		return true
	case r < reachedLeast:
		return false
	}
	return l.cures() || l.longest >= max(surelyHung*c.Longest(), surelyHungIn)
}
