package flow

import (
	"math"
	"slices"
	"time"
)

// An echo tells from the headers of the answers when calls have arrived. A call
// that was written may arrive at any later moment: a server that stands still reads
// it afterwards, and counts it then. While it does nothing comes back either, and
// that is seen: calls that were written in a silence that is not to be expected
// arrived at its end at the latest.
//
// Let a server take up calls as they come to it, but for times at which it stands
// still, takes up none and answers none.
//   - Where headers come soon after the calls, within the guard, each call of which
//     none has come for longer counts from just before its header. So whatever such a
//     server counts with, it sees no more calls in a window than are allowed, however
//     often and long it stands still, up to a window.
//   - Where they take long, as of a server that thinks before it sends one, a
//     silence is one that is not to be expected if so many headers should have come in
//     it that chance would hush them once in e to the tenth. Shorter ones pass unseen.
//
// A silence that is taken for one by mistake costs its own length at most, once. Of
// headers that come by chance, r in a second, those are e to the minus tenth of all
// silences, and 10/r long: less than a thousandth of the time.
type echo struct {
	waiting []Instant // when calls went out whose header has not come, ascending
	last    Instant   // when a header came last
	open    []lull  // silences that were no surprise, while nothing has come of the calls that went out in them
	times   generations
	sorted  []time.Duration // those that are kept
	fresh   int             // learnt since they were sorted
	seen    int             // learnt in all
	soon    time.Duration   // headers that take longer are out of the ordinary
	least   time.Duration   // none took less
	hushed  time.Duration   // of late, in silences out of the ordinary
	hushAt  Instant         // when that was reckoned
}

const (
	// Nothing is out of the ordinary before so many headers have come,
	echoMin = 16
	// and what is is reckoned anew with a sixteenth more of them.
	echoStep = 16
	// surprising is the logarithm of the odds against a silence that counts.
	surprising = 10
	// overdueOdds is likewise for what comes late of the calls that went out in one
	// silence, of which there are few: it may count in more of them.
	overdueOdds = 7
	lullsKept   = 64
	// Half of the silences of so long ago are forgotten; if they are more than this
	// share of the time, they are how the server is, as one that answers all at once at
	// intervals.
	hushTime  = time.Minute
	hushShare = 1.0 / 16
	// echoWindows is for how many windows a silence keeps calls back at most: a call
	// that hangs is as silent.
	echoWindows = 2
)

// went notes that a call goes out at now.
func (e *echo) went(now Instant) {
	i, _ := slices.BinarySearch(e.waiting, now+1)
	e.waiting = slices.Insert(e.waiting, i, now)
}

// forget notes that nothing is expected any more of a call that went out at the
// instant at.
func (e *echo) forget(at Instant) {
	if i, ok := slices.BinarySearch(e.waiting, at); ok {
		e.waiting = slices.Delete(e.waiting, i, i+1)
	}
}

// came notes that the header of a call that went out at the instant at comes at now,
// over a network of such round trips at most. It returns since when calls that went out
// may have arrived as late as the second instant; the first is [Never] if none may.
func (e *echo) came(now, at Instant, trip time.Duration) (since, until Instant) {
	e.judge()
	since, until = e.silence(now, at, trip)
	e.last = max(e.last, now)
	e.forget(at)
	e.times.add(now, now.Sub(at))
	e.seen++
	e.fresh++
	return since, until
}

// silence judges the silence that ends at now, with the header of a call that went out
// at the instant at, or, if there is none, an earlier one that this call went out in.
func (e *echo) silence(now, at Instant, trip time.Duration) (since, until Instant) {
	if e.seen < echoMin {
		return Never, 0
	}
	if now.Sub(e.last) < aStall {
		return e.reopen(now, at)
	}
	// What went out just before it was under way, or waited to be taken up, when the
	// server fell silent.
	l := lull{e.last.Add(-min(e.soon, trip+aStall)), now}
	ends := at >= l.from
	if ends {
		l.to = max(at, now.Add(-e.least))
	}
	first, any := e.firstIn(l)
	if !any || l.to.Sub(first) < aStall/2 {
		return e.reopen(now, at)
	}
	if ends && now.Sub(at) > e.soon || e.surprise(now) >= surprising {
		return e.count(now, l, first)
	}
	if !ends {
		e.open = append(e.open[max(0, len(e.open)-lullsKept+1):], l)
	}
	return e.reopen(now, at)
}

// A lull is a silence: no header came in it.
type lull struct{ from, to Instant }

// reopen judges, at now, the silence in which a call went out whose header is the first
// that comes of its calls.
func (e *echo) reopen(now, at Instant) (since, until Instant) {
	i := slices.IndexFunc(e.open, func(l lull) bool { return l.from <= at && at <= l.to })
	if i < 0 {
		return Never, 0
	}
	l := e.open[i]
	e.open = slices.Delete(e.open, i, i+1)
	first, any := e.firstIn(l)
	if !any || e.overdue(now, l) < overdueOdds {
		return Never, 0
	}
	l.to = min(l.to, max(at, now.Add(-e.least)))
	return e.count(now, l, first)
}

// count has a silence count, whose first call went out at the instant first, unless
// such are usual.
func (e *echo) count(now Instant, l lull, first Instant) (since, until Instant) {
	if e.usual(now, l.to.Sub(first)) {
		return Never, 0
	}
	return l.from, l.to
}

// firstIn returns when the first call of those that wait went out in l, if any did.
func (e *echo) firstIn(l lull) (at Instant, any bool) {
	i, _ := slices.BinarySearch(e.waiting, l.from)
	if i == len(e.waiting) || e.waiting[i] > l.to {
		return 0, false
	}
	return e.waiting[i], true
}

// overdue returns the logarithm of the odds that of the calls that went out in l
// nothing has come until now.
func (e *echo) overdue(now Instant, l lull) (odds float64) {
	i, _ := slices.BinarySearch(e.waiting, l.from)
	for ; i < len(e.waiting) && e.waiting[i] <= l.to; i++ {
		odds += math.Log(float64(len(e.sorted)) / e.outlast(now.Sub(e.waiting[i])))
	}
	return odds
}

// late reports whether a header that comes so long after its call is out of the
// ordinary.
func (e *echo) late(took time.Duration) bool { return e.seen >= echoMin && took > e.soon }

// surprise returns the logarithm of the odds that no header comes from the last one
// until now.
func (e *echo) surprise(now Instant) (odds float64) {
	for _, at := range e.waiting {
		if at >= now {
			break
		}
		before, after := e.outlast(e.last.Sub(at)), e.outlast(now.Sub(at))
		if after < before {
			odds += math.Log(before / after)
		}
	}
	return odds
}

// outlast returns how many of the headers that are remembered took longer than d. It
// is never 0: what has not been seen may be.
func (e *echo) outlast(d time.Duration) float64 {
	i, _ := slices.BinarySearch(e.sorted, d+1)
	return max(0.5, float64(len(e.sorted)-i))
}

// usual notes, at now, a silence of such a length, and reports whether there are so many
// that they are usual.
func (e *echo) usual(now Instant, length time.Duration) bool {
	e.hushed = time.Duration(float64(e.hushed) * math.Exp2(-float64(now.Sub(e.hushAt))/float64(hushTime)))
	e.hushAt = now
	e.hushed += length
	return float64(e.hushed) > hushShare*float64(hushTime)
}

// judge reckons what is ordinary. A header that takes longer than three quarters of
// them and three times as much as the middle half of them are apart is not (Tukey,
// "Exploratory Data Analysis", 1977, far out); of these there may be up to a quarter.
func (e *echo) judge() {
	if e.fresh*echoStep < len(e.sorted) || e.fresh == 0 {
		return
	}
	e.fresh = 0
	all := e.times.all()
	e.sorted = all.kept
	slices.Sort(e.sorted)
	last := len(e.sorted) - 1
	lower, upper := e.sorted[last/4], e.sorted[last*3/4]
	e.soon, e.least = upper+max(3*(upper-lower), aStall/2), all.shortest
}

// holds reports whether a call that went out at the instant at, a window before now,
// may still not have arrived: nothing has come since, and that is out of the ordinary.
func (e *echo) holds(now, at Instant, window time.Duration) bool {
	last := len(e.waiting) - 1
	if at <= e.last || e.seen < echoMin || last < 0 || e.waiting[last] < e.last || now.Sub(at) > echoWindows*window {
		return false
	}
	e.judge()
	return e.soon < window/2 || e.surprise(now) >= surprising
}
