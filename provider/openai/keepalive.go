package openai

import (
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
)

// Some servers (llama.cpp's, after each streamed answer) close a connection
// that they have announced to keep. A request that takes it up at once fails
// although nothing is wrong: the client cannot know whether it was read, so it
// must not simply be sent again. But such a server never once answers on a
// kept connection, and that can be learnt.
const (
	// atOnce is how soon after its last answer a kept connection must die for
	// the server to be suspected: real idle time-outs are seconds.
	atOnce = 100 * time.Millisecond
	// suspicions are how many such deaths, with no answer on a kept connection
	// between them, make sure.
	suspicions = 3
	// forgottenAfter: what lies between may have forgotten a connection that nobody has
	// used for so long. Routers keep them for half a minute at least.
	forgottenAfter = 30 * time.Second
)

// A keptConn is what a trace tells of the connection of one exchange. It is
// written by net/http's goroutines, under mu.
type keptConn struct {
	mu       sync.Mutex
	watch    stopwatch
	opened   time.Duration // as who opened the connection tells; 0: nobody does
	reused   bool
	idle     time.Duration
	shared   bool // others used it at the same time (HTTP/2): their number says nothing of its being kept
	answered bool
	use      coalesce.Use // of a connection of net/http's
}

// opening returns how long the exchange's connection took to open, 0 if it took
// up an older one.
func (k *keptConn) opening() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.reused {
		return 0
	}
	if k.opened > 0 {
		return k.opened
	}
	return k.watch.took()
}

// connected notes what our own client tells of the connection.
func (k *keptConn) connected(kept bool, idle, opening time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reused, k.idle, k.opened, k.answered = kept, idle, max(opening, 1), false
}

func (k *keptConn) got(info httptrace.GotConnInfo) {
	k.watch.stop()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reused, k.idle, k.shared, k.answered = info.Reused, info.IdleTime, info.Reused && !info.WasIdle, false
	k.use.End() // of one that was dead
	c := coalesce.Of(info.Conn)
	k.use = c.Use()
	if c != nil {
		k.opened = c.Trip
	}
}

// end notes that the exchange uses its connection no longer.
func (k *keptConn) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.use.End()
}

func (k *keptConn) firstByte() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answered = true
}

// stale reports whether the exchange was given a connection of an earlier one,
// and nothing has come back on it.
func (k *keptConn) stale() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reused && !k.answered
}

// forgotten reports whether nothing has come back on a connection that had been idle
// for long: it may lead nowhere, and nobody says so.
func (k *keptConn) forgotten() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reused && !k.answered && k.idle >= forgottenAfter
}

// judge tells scores how the exchange's connection fared.
func (k *keptConn) judge(scores *keepScores, c *call) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case !k.reused || k.shared:
	case k.answered:
		scores.worked(c)
	case k.idle < atOnce:
		scores.died(c)
	}
}

// keepScores counts deaths of kept connections by endpoint, for the life of
// the process. Like refusalSet it is bounded. It is safe for concurrent use.
type keepScores struct {
	mu     sync.RWMutex
	deaths map[refusal]int
}

var keeps keepScores

// hopeless reports whether the endpoint never answers on a kept connection: a
// request then asks for the connection to be closed.
func (s *keepScores) hopeless(c *call) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.deaths) > 0 && s.deaths[keyOf(c)] >= suspicions
}

func (s *keepScores) died(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaths == nil || len(s.deaths) >= maxRefusals {
		s.deaths = make(map[refusal]int)
	}
	s.deaths[keyOf(c)]++
}

// worked clears the endpoint, unless it is already known to be hopeless.
func (s *keepScores) worked(c *call) {
	s.mu.RLock()
	suspected := len(s.deaths) > 0 && s.deaths[keyOf(c)] > 0
	s.mu.RUnlock()
	if !suspected {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := keyOf(c); s.deaths[k] < suspicions {
		delete(s.deaths, k)
	}
}
