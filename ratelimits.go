package paceline

import (
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// RateLimits is what a provider told of its limits in a response's header.
// Where the configuration names no limit, the engine keeps to what was told;
// where it names one, to the lower of both.
type RateLimits struct {
	Requests, Tokens, InputTokens, OutputTokens Allowance
}

// An Allowance is one limit as it was told.
type Allowance struct {
	Limit  float64       // units for each window; 0: no limit was told
	Window time.Duration // 0: it was not told; the engine finds it out from the resets
	Left   float64       // of Limit, at the moment
	Reset  time.Duration // until all of it is there again; 0: it was not told
}

// tellings is what an endpoint has told so far of one model's limits: most count
// by model. Attempts share it; one that finds it busy passes by, since the next
// answer tells the same.
type tellings struct {
	mu     sync.Mutex
	limits [4]telling
	last   flow.Told
	scarce bool // last told that little is left
}

// told takes in what an attempt's response told, and passes on what is news.
func (a *attempt) told(r *RateLimits) {
	t := a.tellings
	if r == nil || !t.mu.TryLock() {
		return
	}
	defer t.mu.Unlock()
	now := a.call.engine.now()
	told := flow.Told{
		Requests: t.limits[0].read(now, r.Requests), Tokens: t.limits[1].read(now, r.Tokens),
		In: t.limits[2].read(now, r.InputTokens), Out: t.limits[3].read(now, r.OutputTokens),
	}
	scarce := told.Scarce()
	if scarce || t.scarce || !told.Same(t.last) {
		t.last, t.scarce = told, scarce
		// Under the lock, so that what was told last is also heard last.
		a.call.engine.box.put(message{kind: msgTold, attempt: a, told: &told})
	}
}

// repeat has what was told last be passed on once more when it is told next: a
// strict limit, which has just been taken back, may have left it aside.
func (t *tellings) repeat() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = flow.Told{}
}

// telling finds out the window of one limit whose provider does not tell it.
// A reset is the time until all of the limit is there again: for a token bucket
// in proportion to what is missing, for a fixed window until its end. Neither
// exceeds the window, so the longest reset seen decides.
type telling struct {
	limit   float64
	since   flow.Instant
	longest time.Duration // reset
	missing float64       // the largest share seen to be missing
	spent   spending      // of the limit
	second  bool          // it is believed to be a second
	refused int           // calls refused while that is so
}

// spending is how much of a limit is seen to go in a second or two.
type spending struct {
	left   float64 // of the limit, when it was told last
	second int64   // the present one
	gone   [2]float64
}

// read notes what is left now, and returns what has gone in this second and
// the one before.
func (s *spending) read(now flow.Instant, left float64) float64 {
	switch second := int64(now / flow.Instant(time.Second)); {
	case second == s.second+1:
		s.gone = [2]float64{0, s.gone[0]}
		s.second = second
	case second > s.second:
		s.gone = [2]float64{}
		s.second = second
	}
	s.gone[0] += max(0, s.left-left)
	s.left = left
	return s.gone[0] + s.gone[1]
}

const (
	// A window of a second is believed when for so long, with so much of the
	// limit missing, no reset has exceeded it, and what is missing is seen to go
	// in such a time: at least so much of it. A small bucket behind a limit by
	// the minute is full again in a second too, but most of the limit is never
	// there.
	secondAfter   = 5 * time.Second
	secondMissing = 0.2
	secondSpent   = 0.5
	// So many refusals say that it was wrong, whatever the headers say.
	secondRefused = 5
)

// doubt notes that a call was refused.
func (t *tellings) doubt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, told := range [...]flow.Allowance{t.last.Requests, t.last.Tokens, t.last.In, t.last.Out} {
		if told.Per == time.Second {
			t.limits[i].refused++
		}
	}
}

func (t *telling) read(now flow.Instant, a Allowance) flow.Allowance {
	if a.Limit <= 0 {
		return flow.Allowance{}
	}
	if a.Limit != t.limit {
		*t = telling{limit: a.Limit, since: now, spent: spending{left: a.Left}}
	}
	spent := t.spent.read(now, a.Left)
	t.longest = max(t.longest, a.Reset)
	t.missing = max(t.missing, (a.Limit-a.Left)/a.Limit)
	window, sure := a.Window, true
	if window == 0 {
		window, sure = t.window(now, spent >= secondSpent*(a.Limit-a.Left))
	}
	return flow.Allowance{Rate: flow.Rate{N: a.Limit, Per: window}, Left: a.Left, Sure: sure}
}

// window returns the likeliest window, and whether nothing speaks for another.
// explained says that what is missing is seen to go in a second.
func (t *telling) window(now flow.Instant, explained bool) (time.Duration, bool) {
	proportion := float64(t.longest) / max(t.missing, 1e-6)
	switch {
	case t.longest > time.Hour || t.longest > time.Minute && proportion > 5*float64(time.Hour):
		return 24 * time.Hour, true
	case t.longest > time.Minute:
		return time.Hour, true
	case t.longest > 2*time.Second:
		return time.Minute, true
	case t.refused >= secondRefused:
	case t.second || t.longest > 0 && t.longest <= time.Second && t.missing >= secondMissing && explained && now.Sub(t.since) >= secondAfter:
		t.second = true
		return time.Second, true
	}
	return time.Minute, false // what nearly all providers count by
}
