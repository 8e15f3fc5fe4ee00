package flow

import (
	"math"
	"time"
)

// A refusal is what was under way when a call started that the server refused.
// What it tells depends on how the server counts, which nobody knows:
//
//   - a token bucket was empty then. Between two refusals it has let in what
//     came into it: so many calls in such a time are the limit.
//   - a window of a minute held as many calls as the server lets in, or at
//     least as many as were let in since it turned.
//
// Where the pace was even both are the same. Where it had just risen steeply,
// the pace of the last seconds is tried first: a bucket bears it, a window
// refuses it at once, with the same number of calls in the minute. Where it
// refuses though nothing has been let in for a while, that is no bucket.
type refusal struct {
	at     Instant       // when the call started
	number int64         // of that call
	told   time.Duration // what the server asked for; 0: nothing
	since  time.Duration // since the refusal before
	let    float64       // calls let in since then; infinite: that tells nothing
	pace   float64       // calls a second that were to start
	short  float64       // calls a second that were let in lately
	minute float64       // calls that were let in in the minute before
	total  float64       // calls let in since the episode began
	again  bool          // it follows closely on one before
	// Most of the time since the refusal before was a pause: what was let in
	// then is not all that would have been.
	blurred bool
	tried   float64 // the pace just below which the estimate was, as it was refused before; 0: it was not
}

const (
	closeCalls = 32               // let in between two refusals of an episode, at most
	closeTime  = 10 * time.Second // likewise
	steepness  = 1.25             // of the pace of seconds over that of a minute
	fewCalls   = 4                // let in between two refusals that tell no rate yet
	fewSilent  = 2                // let in in a minute that tell no window, before a long silence
	// boldShare of the pace that was refused is tried, if it is more than what was let
	// in, but at most boldMost of that. A refusal at less, within boldCalls, says that
	// it is not the limit; the next is tried after waryFirst refusals, and twice as
	// many each time that it fails.
	boldShare  = 0.98
	boldMost   = 1.5
	boldGrowth = 1.02 // by more than that is let in where calls are not stored
	boldCalls  = 64
	boldMinute = 20 // let in in a minute, at least
	waryFirst  = 4
	waryMost   = 32
)

// throttled notes that call number n, which started at the instant started,
// was refused, and that the server asked for a pause of told; 0 is none. One
// refusal speaks for all calls that were under way with it.
func (s *seek) throttled(now, started Instant, n int64, told time.Duration) {
	s.lost(started)
	s.trip = max(now.Sub(started)*3/2, s.trip*9/10, lateness)
	if back := s.noise.refused(n, s.limit > 0 && s.growth(started) < 1); back > 0 {
		s.limit, s.window, s.calm, s.lift = back, 0, now, 1
	}
	if n > s.last.number {
		s.others++
	}
	if n <= s.last.number || s.last.number > 0 && started <= s.changed {
		if told > 0 {
			s.until = max(s.until, now.Add(told))
		}
		return
	}
	r := s.refusal(started, n, told)
	s.last, s.changed, s.others = r, now, 0
	if s.silent++; r.let > 0.5 {
		s.silent = 0
	}
	s.pause(now, &r)
	if s.limit == 0 || !s.noise.likely(s.silent) {
		s.follow(&r)
		s.learn(now, &r)
	}
	if s.noise.due() {
		letIn := r.minute / min(seekLong, max(started.Sub(s.began), time.Second)).Seconds()
		s.noise.try(now, max(letIn, seekFloor), max(r.pace, s.limit))
	}
}

// refusal puts together what was under way when call number n started.
func (s *seek) refusal(started Instant, n int64, told time.Duration) refusal {
	r := refusal{at: started, number: n, told: told, let: math.Inf(1), since: seekLong}
	age := max(started.Sub(s.began), time.Second)
	r.short = s.starts.count(started, seekShort) / min(seekShort, age).Seconds()
	if r.pace = r.short; s.limit > 0 {
		r.pace = s.rate(started)
	}
	r.minute = s.starts.count(started, seekLong)
	if s.last.number == 0 {
		return r
	}
	r.since = started.Sub(s.last.at)
	let := float64(max(0, n-s.last.number-s.others))
	r.blurred = s.paused > r.since/2
	if r.since <= seekLong || let <= 20 {
		r.let = let
	}
	return r
}

// follow says whether r belongs to the episode under way.
func (s *seek) follow(r *refusal) {
	near := r.let < closeCalls && r.since < closeTime
	if r.again = near || s.silent > 0; !r.again {
		s.episode = *r
		return
	}
	s.episode.total += r.let
	r.total = s.episode.total
}

// learn changes the estimate by what r tells.
func (s *seek) learn(now Instant, r *refusal) {
	was := s.sober()
	r.tried, s.bold = s.bold, 0
	s.guessed = s.guessed && s.silent == 1
	switch {
	case was == 0:
		s.limit, s.steep = max(0.9*r.short, seekFirst), true
	case s.silent == 1: // two in a row may be chance
		s.bold = r.tried
	case s.silent > 1:
		s.learnSilence(r)
	case s.noise.share > 0:
		s.learnNoisy(r)
	case r.again:
		s.learnAgain(r)
	default:
		s.learnNew(r)
	}
	s.limit = max(s.limit, seekFloor)
	s.inSilent = s.inSilent && s.window > 0
	s.calm, s.lift, s.roomAt = s.until, 1, now
	if s.guessed {
		s.lift = seekLift
	}
	if was > 0 {
		s.borne = s.borne || !s.steep && !s.guessed
		s.noise.learnt(was, s.sober(), r.let)
	} else {
		s.pace = Bucket{interval: 1e9 / s.limit, burst: 1, tat: math.Inf(-1)}
	}
}

// learnSilence learns from several refusals in a row: it is a window, and full.
// Where nothing is let in for longer than a minute, the server is closed, which
// says nothing of the rate at which it opens.
func (s *seek) learnSilence(r *refusal) {
	if r.minute < 1 || r.at.Sub(s.episode.at) > seekLong {
		return
	}
	lasted := r.at.Sub(s.episode.at)
	long := s.silent > 2 && lasted > 2*time.Second
	if r.minute < fewSilent && !long { // a bucket that holds one call
		s.limit = min(s.limit, 1/lasted.Seconds())
		return
	}
	if s.steep || long {
		s.limit, s.window, s.steep = r.perMinute(), r.minute, false
		s.inSilent, s.widest = long, r.minute
		return
	}
	s.limit = min(s.limit, r.perMinute())
	s.window = min(s.window, r.minute)
}

// learnNoisy learns from refusals that are too many for chance, though there is
// some: the time between two tells little then.
func (s *seek) learnNoisy(r *refusal) {
	s.window, s.steep = 0, false
	if r.short > steepness*r.perMinute() {
		s.limit = min(s.limit, 0.95*r.short)
		return
	}
	s.limit = min(s.limit, r.perMinute())
}

// learnAgain learns from a refusal that follows closely on another: the
// estimate was too high.
func (s *seek) learnAgain(r *refusal) {
	switch {
	case s.steep:
		s.learnSteep(r)
	case s.window > 0 && (s.inSilent || r.fills(max(s.window, s.widest))):
		s.limit, s.window = min(s.limit, r.perMinute()), min(s.window, r.minute)
	default:
		if s.fails(r) {
			s.limit, s.window = min(s.limit, s.shrink(r, 0)), 0
			return
		}
		s.limit, s.window = min(s.limit, r.drained(r.let, r.since)), 0
	}
}

// learnSteep learns where the pace of the last seconds was too high: the limit
// lies between that of the minute and it. Where the minute holds no more calls
// than at the refusal before, it is the minute's.
func (s *seek) learnSteep(r *refusal) {
	grew := r.minute > s.episode.minute+2+r.minute/500
	to := s.limit / 2
	guess := !grew && r.let < fewCalls
	if !guess {
		to = min(s.limit, r.drained(r.total, r.at.Sub(s.episode.at)))
	}
	s.limit = max(to, r.perMinute())
	s.steep = s.limit > steepness*r.perMinute()
	s.guessed = s.steep && guess && r.at.Sub(s.began) < seekLong
	if !s.steep && !grew {
		s.window, s.widest = r.minute, r.minute
	}
}

// learnNew learns from a refusal after a while without.
func (s *seek) learnNew(r *refusal) {
	switch s.steep = r.short > steepness*r.perMinute(); {
	case s.window > 0 && r.fills(s.window):
		s.limit, s.window, s.steep = r.perMinute(), r.minute, false
		s.widest = r.minute
	case s.steep:
		s.limit, s.window = 0.95*r.short, 0
	case r.minute < 20 && !r.blurred && !math.IsInf(r.let, 1):
		s.limit, s.window = s.stored(r, r.drained(r.let, r.since)), 0
	default:
		s.limit, s.window = s.stored(r, min(r.perMinute(), r.drained(r.let, r.since))), 0
	}
}

// stored returns what the limit is, of which a bucket that stores calls, or a
// window, has let in so many a second since the refusal before. One that stores
// hardly any was refused at the pace that it did not bear, and what it let in at
// lower ones is not all that it would have. So a little less than that pace is
// tried, and taken back if it is refused soon: half of it where more was let in
// than the time before, since where calls are stored it is the same each time.
func (s *seek) stored(r *refusal, letIn float64) float64 {
	try := boldShare * r.pace
	s.grows = s.meek > 0 && letIn > boldGrowth*s.meek
	if s.grows {
		s.stores = 0
	}
	switch {
	case s.fails(r):
		return s.shrink(r, letIn)
	case s.stores > 0 || try <= letIn || r.let < boldCalls || r.minute < boldMinute:
		s.stores = max(0, s.stores-1)
		s.meek = letIn
		return letIn
	}
	s.bold, s.meek = r.pace, letIn
	return min(try, boldMost*letIn)
}

// sober returns the estimate without what is tried.
func (s *seek) sober() float64 {
	if s.bold > 0 {
		return min(s.limit, s.meek)
	}
	return s.limit
}

// fails reports whether r shows that the estimate was too bold.
func (s *seek) fails(r *refusal) bool {
	return r.tried > 0 && r.let < boldCalls && r.pace < boldShare*r.tried
}

// shrink takes a bold estimate back, and returns what is thought now. At least
// letIn are let in.
func (s *seek) shrink(r *refusal, letIn float64) float64 {
	letIn = max(s.meek, letIn)
	if s.grows {
		return (letIn + boldShare*r.pace) / 2
	}
	s.wary = min(max(2*s.wary, waryFirst), waryMost)
	s.stores = s.wary
	return letIn
}

// perMinute returns how many calls a second were let in in the minute before.
func (r *refusal) perMinute() float64 { return r.minute / seekLong.Seconds() }

// fills reports whether the minute before held as many calls as a window does,
// but for what the network may have delayed.
func (r *refusal) fills(window float64) bool { return r.minute >= 0.996*window-2 }

// drained returns the limit of a bucket that was empty twice, so long apart,
// and let in so many calls in between. Of few, it is what it may have been at
// most.
func (r *refusal) drained(let float64, apart time.Duration) float64 {
	if r.blurred {
		return math.Inf(1)
	}
	if let < fewCalls {
		let++
	}
	return let / apart.Seconds()
}
