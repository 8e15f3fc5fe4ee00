package flow

import (
	"math"
	"slices"
	"time"
)

// A Sliding limit lets n calls start in any window, wherever it begins: the
// k-th call starts when the window of the call n before it is over. It suits
// servers that count by token bucket, fixed and sliding window alike, since no
// window of any of them can hold more than n.
//
// The server sees calls when they arrive, not when they were admitted. A call
// that opens a connection first goes out later; its window begins when it has.
// And if one is delayed by the network and a later one is not, they stand
// closer together there than here; the guard is added to the window against
// that. A server that stands still sees them later than any network has them
// arrive: see [echo].
type Sliding struct {
	window    time.Duration
	n         int
	out       []Instant // when calls went out at the latest, ascending: the last n of them, and some before
	forgot    bool      // there were more
	inside    int       // calls that have been taken and have not gone out yet
	behind    lag
	ragged    ragged
	latestOut Instant // when the latest did
	heard     bool    // somebody tells when calls go out
	blind     bool    // nobody does: they are taken to do so at once

	floor    time.Duration // the guard is never shorter; refusals widen it
	latest   time.Duration // the guard that was asked for last
	forgiven Instant       // when some of that was taken back
	trouble  float64       // refusals, those of long ago forgotten
	troubled Instant       // the last of them
	trips    *jitter
	spread   spread
	echo     echo
	hold     time.Duration // the latest pause after a refusal
	held     Instant       // its end
}

// firstGuard is the guard on an even network, where only scheduling delays a
// call between its start and the wire.
const firstGuard = 2 * time.Millisecond

// A passage is one call's way through a [Sliding] limit. The zero passage is
// through none.
type passage struct {
	limit *Sliding
	taken Instant
	out   bool    // it has gone out
	at    Instant // if so: when it did last
	late  Instant // and at the latest, as far as was known then
	waits bool    // nothing has come back yet
	cold  bool    // it went out before anything was known of when something comes back
}

// holdParts is in which part of a window somebody looks again whether a server that is
// silent still is; what comes is seen at once.
const holdParts = 64

// NewSliding returns a limit of n calls in any window of length d. A fraction
// of n is cut off; n below 1 is one call in a longer window.
func NewSliding(n float64, d time.Duration) *Sliding { return newSliding(n, d, new(jitter)) }

// newSliding returns one over a network with those round trips.
func newSliding(n float64, d time.Duration, trips *jitter) *Sliding {
	s := &Sliding{trips: trips}
	s.adjust(n, d)
	return s
}

// adjust changes the limit. What went out before still counts.
func (s *Sliding) adjust(n float64, d time.Duration) {
	if n < 1 {
		n, d = 1, time.Duration(float64(d)/n)
	}
	s.window, s.n, s.floor = d, int(n), min(firstGuard, d/100)
	s.spread.adjust(s.n, d)
	if missing := s.n - len(s.out); s.forgot && missing > 0 {
		s.out = append(slices.Repeat(s.out[:1], missing), s.out...)
	}
}

// When returns the earliest instant, not before now, at which a call may start.
// It is [Never] while the calls that decide have not gone out.
func (s *Sliding) When(now Instant) Instant {
	free := s.n - s.inside
	if free <= 0 {
		return Never
	}
	s.forgive(now)
	now = max(now, s.spread.next, s.held)
	i := len(s.out) - free
	if i < 0 {
		return now
	}
	at := s.out[i].Add(s.window + s.guard(now, i))
	if at <= now && s.echo.holds(now, s.out[i], s.window) {
		return now.Add(s.window / holdParts)
	}
	return max(now, at)
}

// guard returns by how much the calls around number i of those that went out,
// and those a window later, may come closer together on their way. It is at
// most a tenth of the window.
func (s *Sliding) guard(now Instant, i int) time.Duration {
	wide := s.trips.oneWay()
	if wide > 0 {
		near := func(d time.Duration) int {
			k, _ := slices.BinarySearch(s.out, s.out[i].Add(d))
			return k
		}
		wide = s.trips.crowd(near(wide/2) - near(-wide/2))
	}
	s.latest = min(max(s.floor, s.ragged.guard(now, s.window))+wide, s.window/10)
	return s.latest
}

// Take starts a call at now.
func (s *Sliding) Take(now Instant) passage {
	s.spread.take(now)
	if s.blind {
		s.went(now)
		return passage{}
	}
	s.inside++
	return passage{limit: s, taken: now}
}

// went notes a call that went out at the instant at.
func (s *Sliding) went(at Instant) {
	if len(s.out) >= 4*s.n+64 {
		s.out = s.out[:copy(s.out, s.out[len(s.out)-2*s.n:])]
		s.forgot = true
	}
	i := len(s.out)
	for i > 0 && s.out[i-1] > at {
		i--
	}
	s.out = slices.Insert(s.out, i, at)
}

// sent notes that the call goes out at now, so much later than it was to. A call
// whose provider had to ask twice does so twice.
func (p *passage) sent(now Instant, late time.Duration) {
	s := p.limit
	if s == nil {
		return
	}
	s.heard = true
	p.leave()
	p.unanswered()
	p.at, p.waits, s.latestOut = now, s.echo.went(now), now
	p.cold = s.echo.cold()
	s.late(now, late)
	p.late = now.Add(s.behind.now(now))
	s.went(p.late)
}

// unanswered notes that nothing is to be learnt of when the call arrived.
func (p *passage) unanswered() {
	if p.waits {
		p.limit.echo.forget(p.at)
		p.waits = false
	}
}

// answered notes that the header of the call's answer comes at now.
func (p *passage) answered(now Instant) {
	s := p.limit
	if s == nil || !p.waits {
		return
	}
	p.waits = false
	if p.cold && now.Sub(p.at) <= min(s.window/coldShare, coldMost) {
		s.echo.first(now, p.at)
		s.move(p.late, now)
		return
	}
	since, until := s.echo.came(now, p.at, s.trips.longest())
	if since != Never {
		s.delayed(since, until)
	} else if s.echo.late(now.Sub(p.at)) {
		s.move(p.late, now.Add(-s.echo.least))
	}
}

// move notes that a call that was thought to go out at one instant did at a later one.
// [Sliding.delayed] may have moved it meanwhile, past none that went out later.
func (s *Sliding) move(from, to Instant) {
	i, found := slices.BinarySearch(s.out, from)
	forgotten := i == len(s.out) || i == 0 && !found && s.forgot
	if !forgotten && s.out[i] < to {
		s.out = slices.Delete(s.out, i, i+1)
		s.went(to)
	}
}

// leave notes that the call is not inside any more.
func (p *passage) leave() {
	if !p.out {
		p.limit.inside--
		p.out = true
	}
}

// ended notes the call's end at now. If the server has answered and nobody had
// told that the call goes out, nobody tells that at all. If somebody tells it of
// others, this one did not go out.
func (p *passage) ended(now Instant, kind OutcomeKind) {
	s := p.limit
	if s == nil {
		return
	}
	if kind == Answered || kind == Throttled || kind == Refused {
		p.answered(now)
	}
	p.unanswered()
	if p.out {
		return
	}
	p.leave()
	switch {
	case kind == Answered || kind == Throttled || kind == Refused:
		s.blind = !s.heard
		s.went(p.taken)
	case kind != Unsent && !s.heard:
		s.went(now)
	}
}

const (
	// Refusals of one moment are one event. Beyond strayMost events, and one more
	// for so many calls of a window, it is more than calls that arrived closer
	// together than they were sent. They are forgotten within strayWindows.
	strayMost    = 3
	strayCalls   = 100
	strayWindows = 20
	// calming is by how much a pause is longer than the one before that did not
	// help.
	calming = 4
	// forgiving is within how many windows without a refusal half of what
	// refusals have added to the guard is taken back.
	forgiving = 200
)

// Refused notes that a call was refused, whose passage was p: it arrived too
// close to others. It reports whether that is a stray one; more of them mean that
// the limit is another, or that somebody else uses it.
//
// A server that stood still for once, and took late what it was sent, will find
// all that follows too early, until it is as late: the pause sees to that, and
// costs its length once. Where it happens again, the guard is doubled, which costs
// as much in every window.
func (s *Sliding) Refused(now Instant, p *passage) (stray bool) {
	if now < s.held || p.limit == s && p.at > 0 && p.at < s.held { // it was on its way already
		return s.bearable()
	}
	s.forgive(now)
	s.trouble *= max(0, 1-float64(now.Sub(s.troubled))/float64(strayWindows*s.window))
	again := s.trouble > 0 && now.Sub(s.troubled) > s.window
	s.trouble++
	s.pause(now)
	if again {
		s.floor = min(s.floor+max(s.latest, s.floor), s.window/10)
		s.forgiven = now
	}
	s.troubled = now
	return s.bearable()
}

func (s *Sliding) bearable() bool { return s.trouble <= strayMost+float64(s.n)/strayCalls }

// pause has nothing start for a moment: for as long as the guard, and longer if
// a call is refused within a window of the last pause.
func (s *Sliding) pause(now Instant) {
	if s.held > 0 && now.Sub(s.held) < s.window {
		s.hold = min(calming*s.hold, s.window/2)
	} else {
		s.hold = max(s.latest, s.floor)
	}
	s.held = now.Add(s.hold)
	s.spread.stretch(now)
}

// forgive takes back part of what refusals have added to the guard.
func (s *Sliding) forgive(now Instant) {
	least := min(firstGuard, s.window/100)
	since := now.Sub(s.forgiven)
	if s.floor <= least || since < s.window {
		return
	}
	left := math.Exp2(-float64(since) / float64(forgiving*s.window))
	s.floor = least + time.Duration(float64(s.floor-least)*left)
	s.forgiven = now
}
