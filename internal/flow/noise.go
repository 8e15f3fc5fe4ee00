package flow

import (
	"math"
	"math/bits"
	"time"
)

// noise is the share of the calls that a server refuses whatever their rate:
// an overloaded one, or one with other users. Such refusals say nothing of a
// limit. They are told from those that do by what a lower rate does. Refusals
// for a limit end, and the estimate stays where it is from one to the next.
// Refusals by chance go on, and an estimate that believes in them sinks a
// little with each. When it has sunk often enough, a trial at a much lower rate
// decides.
type noise struct {
	number int64   // of the latest call
	fate   uint64  // of the latest 64 calls, a bit each, the latest lowest: refused
	share  float64 // of the calls that are refused by chance; 0: none
	proven float64 // what it was in the latest trial, which it does not exceed

	sunk    int     // how often the estimate has sunk by a little, more often than not
	before  float64 // the estimate before it did
	since   int64   // the first call after it did
	refusal int     // calls refused since then
	gap     float64 // calls let in before it sank last
	longer  uint8   // of the latest times that it sank, a bit each: after more calls than the time before

	trial trial
}

// A trial lowers the rate to less than was let in lately, where no limit
// refuses. It ends when it has told which it is, or after trialTime: a rate
// held low for nothing costs as much as what it is to find.
type trial struct {
	pace  float64 // calls a second; 0: there is no trial
	ends  Instant // at the latest, however many calls there were
	from  int64   // the first call
	until int64   // the last
	found int     // calls refused
	share float64 // of the calls that are refused if it is chance
	back  float64 // the estimate to go back to if it is chance
}

const (
	noiseCalls  = 64 // of which the fate is kept
	noiseSunk   = 6  // so often says that it may not be a limit that falls
	noiseLonger = 3  // times of the latest noiseSunk-1, at most, that it may have sunk after more calls than before
	noiseSmall  = 3  // calls let in since the refusal before, at least, where it sank by a little
	noiseFound  = 3  // refusals in a trial, where four times as many are expected, say that it is chance
	noiseMost   = 0.3
	noiseMemory = 256 // calls over which the share is averaged
	noiseAgain  = 256 // calls at least after which a share is tried anew, while it lasts
	noiseRest   = 48  // times as many as are let in for one that is refused, likewise
	trialRate   = 0.7 // of what was let in lately
	trialTime   = 10 * time.Minute
)

// started counts a call and returns its number. below says that the rate is
// below the estimate, where nothing but chance refuses.
func (n *noise) started(below bool) int64 {
	n.number++
	n.fate <<= 1
	if n.share > 0 && below {
		if n.share -= n.share / noiseMemory; n.share < 0.1/noiseCalls {
			n.share, n.proven = 0, 0
		}
	}
	return n.number
}

// refused notes that call number i was refused, and whether it was below the
// estimate. It returns the estimate to go back to if what was thought a limit
// has turned out to be chance, else 0.
func (n *noise) refused(i int64, below bool) float64 {
	if back := n.number - i; back < noiseCalls {
		n.fate |= 1 << back
	}
	n.refusal++
	if n.share > 0 && below {
		n.share = min(n.share+1.0/noiseMemory, n.proven)
	}
	if n.trial.pace == 0 || i < n.trial.from {
		return 0
	}
	if n.trial.found++; n.trial.found < noiseFound {
		return 0
	}
	n.share = min(float64(n.trial.found)/float64(n.number-n.trial.from+1), noiseMost)
	n.proven, n.sunk = n.share, 0
	back := n.trial.back
	n.trial = trial{until: n.number}
	return back
}

// try begins a trial. Calls were let in at the given rate lately.
func (n *noise) try(now Instant, letIn, back float64) {
	share := n.share
	if share == 0 {
		back = n.before
		share = min(float64(n.refusal)/float64(n.number-n.since+1), noiseMost)
	}
	calls := int64(min(4*noiseFound/share, 2048))
	n.trial = trial{pace: trialRate * letIn, ends: now.Add(trialTime), from: n.number + 1, until: n.number + calls, share: share, back: back}
}

// failed ends a trial that is over, in which too few calls were refused, and
// returns how many calls a second are let in; otherwise 0.
func (n *noise) failed(now Instant) float64 {
	if n.trial.pace == 0 || n.number <= n.trial.until && now < n.trial.ends && !n.trial.hopeless(n.number) {
		return 0
	}
	letIn := n.trial.pace / trialRate
	*n = noise{number: n.number, fate: n.fate}
	return letIn
}

// hopeless reports whether the calls up to number i have shown that it is not
// chance: of as few refusals the probability would be about a thousandth.
func (t *trial) hopeless(i int64) bool {
	expected := t.share * float64(i-t.from+1)
	return t.found == 0 && expected >= 7 || t.found == 1 && expected >= 9
}

// due reports whether there is to be a trial: the first, or another.
func (n *noise) due() bool {
	return n.trial.pace == 0 && (n.sunk >= noiseSunk && !n.nears() || n.share > 0 && n.number > n.trial.until+max(noiseAgain, noiseRest*int64(1/n.share)))
}

// nears reports whether the estimate sinks after ever more calls, as one does
// that nears a limit from above. Chance knows no order.
func (n *noise) nears() bool {
	return bits.OnesCount8(n.longer&(1<<(noiseSunk-1)-1)) > noiseLonger
}

// likely reports whether chance explains the latest refusals, the last silent
// of them in a row: they are no more than three standard deviations above what
// is expected of the latest calls.
func (n *noise) likely(silent int) bool {
	share := n.share
	if n.trial.pace > 0 {
		share = n.trial.share
	}
	if share == 0 {
		return false
	}
	expected := share * noiseCalls
	most := expected + 3*math.Sqrt(expected) + 2
	row := 1 + math.Log(1e-4)/math.Log(share)
	return float64(bits.OnesCount64(n.fate)) <= most && float64(silent) <= row
}

// learnt notes that a refusal has moved the estimate from one value to another,
// after so many calls that were let in.
func (n *noise) learnt(from, to, let float64) {
	switch {
	case n.trial.pace > 0: // more are refused than by chance
		*n = noise{number: n.number, fate: n.fate}
		return
	case to >= 0.99*from:
		n.sunk = max(0, n.sunk-1)
		return
	case let < noiseSmall || math.IsInf(let, 1):
		return
	}
	if n.sunk == 0 {
		n.before, n.since, n.refusal = from, n.number, 0
	}
	n.sunk = min(n.sunk+1, noiseSunk)
	if n.longer <<= 1; let > n.gap {
		n.longer |= 1
	}
	n.gap = let
}
