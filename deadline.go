package paceline

import (
	"math/bits"
	"time"

	"github.com/seed-1814a72b/paceline/internal/hist"
)

// Learnt deadlines: a multiple of what 99 of 100 calls need. For first tokens
// the factor 2 at the 99th percentile reached the makespan of a run without
// hangs within 20 %, at 1 % of extra calls (1,000 calls, 100 at once, 1 % hang).
var (
	firstTokenRule = rule{cold: 60 * time.Second, floor: time.Second, ceiling: 10 * time.Minute, factor: 2}
	stallRule      = rule{cold: 60 * time.Second, floor: 5 * time.Second, ceiling: 5 * time.Minute, factor: 5}
)

// limits are one attempt's deadlines; 0 is none.
type limits struct{ first, stall, total time.Duration }

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

// limits returns the deadlines in force for c.
func (d *deadlines) limits(c *call) limits {
	l := d.of(c)
	return limits{
		first: choose(d.cfg.FirstToken, l.first.deadline),
		stall: choose(d.cfg.Stall, l.stall.deadline),
		total: max(d.cfg.Total, 0),
	}
}

func choose(fixed, learnt time.Duration) time.Duration {
	if fixed == 0 {
		return learnt
	}
	return max(fixed, 0)
}

// observe learns from an attempt that has ended.
func (d *deadlines) observe(a *attempt, end *ending) {
	l := d.of(a.call)
	before := l.first.deadline
	switch {
	case end.err == nil:
		first := a.firstToken()
		if first == 0 {
			first = end.at.Sub(a.sent) // a provider of whole answers
		}
		l.first.answered(first)
		l.stall.answered(a.gap)
	case end.err.Code == CodeFirstToken:
		l.first.expired()
	case end.err.Code == CodeStall:
		l.stall.expired()
	}
	if l.first.deadline < before {
		d.version++
	}
}

// rule says how a deadline is learnt.
type rule struct {
	cold           time.Duration // until enough has been seen
	floor, ceiling time.Duration
	factor         float64 // on the 99th percentile
}

const (
	learnMin    = 20   // answers before the first judgement
	learnWindow = 1000 // answers after which older ones are forgotten, twice that at most
	learnEvery  = 16   // answers between two judgements
	// blunderWindow and blunderShare: a deadline that cuts so large a share of
	// calls is too short, whatever was learnt, since those that it cut are
	// missing from what was seen.
	blunderWindow = 50
	blunderShare  = 0.1
)

// A learner learns one deadline.
type learner struct {
	rule
	deadline time.Duration

	current, previous *hist.Histogram
	leniency          float64 // doubled when the deadline proves too short
	ended, cut        int     // of the last blunderWindow calls
}

func newLearner(r rule) learner { return learner{rule: r, deadline: r.cold, leniency: 1} }

func (l *learner) answered(d time.Duration) {
	if l.current == nil {
		l.current, l.previous = hist.New(), hist.New()
	}
	l.current.Record(d)
	n := l.current.Count()
	if n == learnMin || n%learnEvery == 0 {
		l.judge()
	}
	if n >= learnWindow {
		l.current, l.previous = l.previous, l.current
		l.current.Reset()
	}
	l.count(false)
}

func (l *learner) expired() { l.count(true) }

// count keeps the share of calls that the deadline cut.
func (l *learner) count(cut bool) {
	l.ended++
	if cut {
		l.cut++
	}
	tooMany := float64(l.cut) > blunderShare*blunderWindow
	if l.ended < blunderWindow && !tooMany {
		return
	}
	if tooMany {
		l.leniency *= 2
	} else {
		l.leniency = max(1, l.leniency/2)
	}
	l.ended, l.cut = 0, 0
	l.judge()
}

func (l *learner) judge() {
	base := l.cold
	if q, n := l.quantile(); n >= learnMin {
		base = min(max(time.Duration(l.factor*float64(q)), l.floor), l.ceiling)
	}
	l.deadline = min(time.Duration(l.leniency*float64(base)), l.ceiling)
}

// quantile returns the 99th percentile of the recent answers and their number.
func (l *learner) quantile() (time.Duration, int64) {
	if l.current == nil {
		return 0, 0
	}
	n := l.current.Count() + l.previous.Count()
	if l.previous.Count() == 0 {
		return l.current.Quantile(0.99), n
	}
	return max(l.current.Quantile(0.99), l.previous.Quantile(0.99)), n
}
