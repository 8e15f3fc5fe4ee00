package flow

import "time"

// remaining is what an endpoint told is left of a limit. A bucket of our own
// knows what we took; this knows of everything else: that somebody else uses the
// key, that the server keeps tokens reserved that were not used, that it counts
// what it refuses. It holds back calls that the bucket would let go, and lets
// none go that the bucket holds back. The zero remaining knows nothing.
//
// Little that is left is no sign of that: a window that we alone use up has
// little left, and a small bucket never has more. It matters once more is missing
// than we took within a window, or while calls are refused though the limit is
// known.
type remaining struct {
	limit Rate    // that was told; another one begins anew
	told  Instant // when the call started whose answer told last; 0: none has told
	left  float64 // units that it told are left
	mark  float64 // of taken, when it started
	most  float64 // left, ever

	taken float64 // units, since the beginning
	past  [pastKept]taking
	last  int // in past

	inflow inflow
	needs  float64 // units that must be left beside those of a call

	shared  Instant // when something else was last seen to use the limit; 0: never
	doubted Instant // the last refusal while little was left

	keeps   bool    // what calls may use at most seems to stay reserved: they are weighed by that
	lightly Instant // since when more than the limit is taken and less than half of it missing; 0: it is not
	lets    Instant // when it turned out that it does not stay reserved; 0: never
}

// taking is how many units had been taken at a time.
type taking struct {
	at    Instant
	taken float64
}

const (
	// What we took within a window is known to a pastKept-th of it.
	pastKept = 16
	// So much of a limit must be missing beyond that.
	missingShare = 0.02
	missingLeast = 2
	// Something else is taken to use it for so many windows after it was seen to.
	sharedWindows = 5
	// Then such a share of the limit is kept in reserve, against what others do
	// between two answers, but not more than half of what there ever was.
	reserveShare = 0.03
	// Where calls are weighed by what they may use at most, so much of a limit in a
	// window says that it does not stay reserved, if less than half is missing.
	keepsMost = 1.5
	// A call may need at most such a share of a limit beside its own units.
	needsMost = 0.1
)

// tells notes that a says what is left, according to an answer to a call that
// started at the instant started, when mark units had been taken, its own among
// them. Answers overtake each other: an older state than is known says nothing.
func (r *remaining) tells(now, started Instant, mark float64, a Allowance) {
	if a.Rate != r.limit {
		*r = remaining{limit: a.Rate, taken: r.taken, past: r.past, last: r.last, inflow: inflow{rate: a.N / float64(a.Per)}}
	}
	if started < r.told {
		return
	}
	r.told, r.left, r.mark = started, a.Left, mark
	r.most = max(r.most, a.Left)
	r.inflow.tells(started, a.Left, mark, a.Rate)
	gone, taken := r.full()-a.Left, r.within(now, a.Per)
	switch least := max(missingLeast, missingShare*a.N); {
	case gone-taken > least:
		r.shared = now
		r.keeps = r.keeps || r.lets == 0 || now.Sub(r.lets) > a.Per
	case !r.keeps || taken < keepsMost*a.N || gone > a.N/2:
		r.lightly = 0
	case r.lightly == 0:
		r.lightly = now
	case now.Sub(r.lightly) > a.Per: // no window's turn
		r.keeps, r.lets, r.lightly = false, now, 0
	}
}

// full returns how much there is when nothing has been used: the limit, or less
// if less than half of it was ever seen, as behind a small bucket.
func (r *remaining) full() float64 {
	if 2*r.most < r.limit.N {
		return r.most
	}
	return r.limit.N
}

// take notes that n units are taken at now.
func (r *remaining) take(now Instant, n float64) {
	r.taken += n
	if r.limit.Per > 0 && now.Sub(r.past[r.last].at) >= r.limit.Per/(pastKept-1) {
		r.last = (r.last + 1) % pastKept
		r.past[r.last] = taking{now, r.taken - n}
	}
}

// within returns what was taken within d of now, or somewhat more.
func (r *remaining) within(now Instant, d time.Duration) float64 {
	before := r.past[r.last].taken
	for i := range pastKept {
		p := r.past[(r.last+pastKept-i)%pastKept]
		if before = p.taken; now.Sub(p.at) >= d {
			break
		}
	}
	return r.taken - before
}

// when returns the earliest instant, not before now, at which n units are left,
// as far as what was told goes. Between two answers the limit is taken to regain
// what it did before.
func (r *remaining) when(now Instant, n float64) Instant {
	if r.shared == 0 || now.Sub(r.shared) > r.lasts() {
		return now
	}
	missing := n + min(max(r.needs, reserveShare*r.limit.N), r.most/2) - r.left + r.taken - r.mark
	return max(now, r.told.Add(r.inflow.takes(missing, r.limit)))
}

// refuses notes that a call of n units was refused that had started at the
// instant started: it took nothing. If little was left, it is for that; the second
// time it is no chance. If its answer told how much was left, a call needs more
// than that.
func (r *remaining) refuses(now, started Instant, n float64) {
	r.taken -= n
	if started <= r.told {
		r.mark -= n
	}
	if started <= r.inflow.at {
		r.inflow.mark -= n
	}
	if r.told == 0 || r.left > needsMost*r.limit.N+n {
		return
	}
	if started == r.told && r.left > n {
		r.needs = min(max(r.needs, r.left-n), needsMost*r.limit.N)
	}
	if r.doubted > 0 && started > r.doubted && now.Sub(r.doubted) < r.lasts() {
		r.shared = now
		r.keeps = r.keeps || r.lets == 0 || now.Sub(r.lets) > r.limit.Per
	}
	r.doubted = now
}

// lasts returns for how long something else is taken to use the limit.
func (r *remaining) lasts() time.Duration { return sharedWindows * max(r.limit.Per, time.Minute) }

// inflow is how many units a limit regains, net of what others take: what is left
// changes by that, and by what we take.
type inflow struct {
	rate float64 // units a nanosecond
	at   Instant // the state of an earlier answer
	left float64
	mark float64
}

const (
	// Two answers that are this share of a window apart say how much comes in,
	// and weigh so much beside those before.
	inflowSpan   = 20
	inflowWeight = 0.3
	// Somewhat more is believed, so that a rate that we do not use up is found;
	// never less than a part of the limit.
	inflowMore  = 1.1
	inflowLeast = 0.5
)

// tells notes what is left according to an answer to a call that started at the
// instant at. A window that begins anew says nothing.
func (f *inflow) tells(at Instant, left, mark float64, limit Rate) {
	d := at.Sub(f.at)
	if f.at > 0 && d < limit.Per/inflowSpan {
		return
	}
	full := limit.N / float64(limit.Per)
	came := (left - f.left + mark - f.mark) / float64(d)
	if f.at > 0 && d < limit.Per && came < 2*full {
		f.rate += inflowWeight * (min(max(came, 0), full) - f.rate)
	}
	f.at, f.left, f.mark = at, left, mark
}

// takes returns how long it takes for so many units to come in.
func (f *inflow) takes(units float64, limit Rate) time.Duration {
	full := limit.N / float64(limit.Per)
	rate := min(full, max(inflowMore*f.rate, inflowLeast*full))
	return time.Duration(max(0, min(units/rate, float64(Never/2))))
}
