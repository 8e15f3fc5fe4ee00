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
// Both suppose that calls come to the server in the order in which they were written,
// but for the guard. Where a network mixes them by more, a stop that begins while they
// arrive may pass unseen.
//
// Of a server of which nothing is known yet no header is out of the ordinary, and the
// first calls are those that may wait longest for it: their connections are new to it,
// and it may have to load what answers them. So until enough headers have come, a call
// counts from its own if that comes soon, within a tenth of a window and coldMost; the
// second window begins so much later, once. When the first calls came to a server that
// takes longer is not known.
//
// Later in a run, calls that open connections are judged as all others are: where headers
// come soon, one that has to wait to be taken up is late, and counts so; where they take
// long, to count from them would cost as long in each window.
//
// A silence that is taken for one by mistake costs its own length at most, once. Of
// headers that come by chance, r in a second, those are e to the minus tenth of all
// silences, and 10/r long: less than a thousandth of the time.
type echo struct {
	waiting []Instant // when calls went out whose header has not come, ascending
	passed  int       // calls that were not looked at, modulo echoFew
	last    Instant   // when a header came last
	front   Instant   // when the latest call went out of which one has come
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
	// Headers tell of calls that went out before anything was known if they come within
	// this share of a window, and so soon: it costs that much, once.
	coldShare = 10
	coldMost  = 250 * time.Millisecond
	// surprising is the logarithm of the odds against a silence that counts.
	surprising = 10
	// Half of the silences of so long ago are forgotten; if they are more than this
	// share of the time, they are how the server is, as one that answers all at once at
	// intervals.
	hushTime  = time.Minute
	hushShare = 1.0 / 16
	// echoWindows is for how many windows a silence keeps calls back at most: a call
	// that hangs is as silent.
	echoWindows = 2
	// Beyond so many that wait, only one in echoFew is looked at: they are enough.
	echoMany = 4096
	echoFew  = 16
)

// went notes that a call goes out at now, and reports whether it is to be told of by
// came or forget.
func (e *echo) went(now Instant) bool {
	if len(e.waiting) >= echoMany {
		if e.passed = (e.passed + 1) % echoFew; e.passed > 0 {
			return false
		}
	}
	i, _ := slices.BinarySearch(e.waiting, now+1)
	e.waiting = slices.Insert(e.waiting, i, now)
	return true
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
	since, until = e.delay(now, at, trip)
	e.note(now, at)
	e.learn(now, now.Sub(at))
	return since, until
}

// cold reports whether nothing is known yet.
func (e *echo) cold() bool { return e.seen < echoMin }

// first is came for the header of a call that went out cold, and counts from it. No
// more of them are learnt from than it takes: they say little of how long later ones
// are to take.
func (e *echo) first(now, at Instant) {
	e.note(now, at)
	if e.cold() {
		e.learn(now, now.Sub(at))
	}
}

// note notes a header as the latest.
func (e *echo) note(now, at Instant) {
	e.last, e.front = max(e.last, now), max(e.front, at)
	e.forget(at)
}

// learn learns that a header took so long.
func (e *echo) learn(now Instant, took time.Duration) {
	e.times.add(now, took)
	e.seen++
	e.fresh++
}

// delay judges, at now, the header of a call that went out at the instant at.
func (e *echo) delay(now, at Instant, trip time.Duration) (since, until Instant) {
	since = Never
	if e.cold() {
		return since, 0
	}
	if at > e.front {
		since, until = e.advance(now, at)
	}
	if since == Never && now.Sub(e.last) >= aStall {
		since, until = e.silence(now, at, trip)
	}
	return since, until
}

// advance judges that a header comes of a call later than all of which one has come: all
// before it have arrived.
func (e *echo) advance(now, at Instant) (since, until Instant) {
	i, _ := slices.BinarySearch(e.waiting, e.front+1)
	until = max(at, now.Add(-e.least))
	if i == len(e.waiting) || until.Sub(e.waiting[i]) < aStall/2 {
		return Never, 0
	}
	odds := 0.0
	for _, sent := range e.waiting[i:] {
		odds += e.odds(now, sent, sent)
	}
	if now.Sub(at) <= e.soon && odds < surprising {
		return Never, 0
	}
	return e.count(now, e.waiting[i], until)
}

// silence judges that none has come since the last. What went out just before that was
// under way, or waited to be taken up, when the server fell silent.
func (e *echo) silence(now, at Instant, trip time.Duration) (since, until Instant) {
	since, until = e.last.Add(-min(e.soon, trip+aStall)), now
	if at >= since {
		until = max(at, now.Add(-e.least))
	}
	i, _ := slices.BinarySearch(e.waiting, since)
	if i == len(e.waiting) || until.Sub(e.waiting[i]) < aStall/2 || e.hush(now) < surprising {
		return Never, 0
	}
	return e.count(now, e.waiting[i], until)
}

// hush returns the logarithm of the odds that no header comes from the last one until
// now.
func (e *echo) hush(now Instant) (odds float64) {
	for _, sent := range e.waiting {
		odds += e.odds(now, sent, e.last)
	}
	return odds
}

// odds returns the logarithm of the odds that no header comes from then until now of a
// call that went out at the instant sent. What comes a moment late for all together, as
// from a server that always takes as long, is none.
func (e *echo) odds(now, sent, then Instant) float64 {
	if now.Sub(sent) <= e.least {
		return 0
	}
	before, after := e.outlast(then.Sub(sent)), e.outlast(now.Sub(sent)-aStall/2)
	if after >= before {
		return 0
	}
	return math.Log(before / after)
}

// late reports whether a header that comes so long after its call is out of the
// ordinary.
func (e *echo) late(took time.Duration) bool { return !e.cold() && took > e.soon }

// outlast returns how many of the headers that are remembered took longer than d. It
// is never 0: what has not been seen may be.
func (e *echo) outlast(d time.Duration) float64 {
	i, _ := slices.BinarySearch(e.sorted, d+1)
	return max(0.5, float64(len(e.sorted)-i))
}

// count has calls that went out since then count from until, unless that is usual.
func (e *echo) count(now, then, until Instant) (Instant, Instant) {
	e.hushed = time.Duration(float64(e.hushed) * math.Exp2(-float64(now.Sub(e.hushAt))/float64(hushTime)))
	e.hushAt = now
	if e.hushed += until.Sub(then); float64(e.hushed) > hushShare*float64(hushTime) {
		return Never, 0
	}
	return then, until
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
	if at <= e.last || e.cold() || last < 0 || e.waiting[last] < e.last || now.Sub(at) > echoWindows*window {
		return false
	}
	e.judge()
	return e.soon < window/2 || e.hush(now) >= surprising
}
