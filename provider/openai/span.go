package openai

import (
	"sync"
	"sync/atomic"
	"time"
)

// Spans are for how long the last answers of one kind kept coming after their first
// token, at least. They tell before when the next one is not expected to end: fewer
// than one in 16 does, as long as they are alike. The zero value expects all at
// any time. It is safe for concurrent use.
type spans struct {
	expected atomic.Int64 // what usual returns

	mu   sync.Mutex
	last [32]time.Duration
	n    int // noted so far
}

// usual returns before when hardly any answer ends; 0: not known.
func (s *spans) usual() time.Duration { return time.Duration(s.expected.Load()) }

// note takes in for how long an answer was surely coming: what is noted must not
// grow by when we look, or it would go on growing.
func (s *spans) note(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[s.n%len(s.last)] = d
	if s.n++; s.n < len(s.last) {
		return
	}
	// With the second smallest of 32 the next one is smaller in 2 of 33 cases,
	// whatever their distribution.
	least, second := s.last[0], s.last[1]
	if least > second {
		least, second = second, least
	}
	for _, d := range s.last[2:] {
		switch {
		case d < least:
			least, second = d, least
		case d < second:
			second = d
		}
	}
	s.expected.Store(int64(second))
}
