package openai

import (
	"testing"
	"testing/synctest"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
)

// What hardly any answer falls below is expected, once enough have been seen, and
// forgotten as soon as two do.
func TestSpansExpectWhatNearlyAllReach(t *testing.T) {
	var s spans
	note := func(n int, d time.Duration) {
		for range n {
			s.note(d)
		}
	}
	want := func(d time.Duration) {
		t.Helper()
		if got := s.usual(); got != d {
			t.Errorf("no end is expected before %v, want %v", got, d)
		}
	}
	note(len(s.last)-1, 2*time.Second)
	want(0) // of so few nothing is known
	note(1, 3*time.Second)
	want(2 * time.Second)
	note(1, 0) // one may be short
	want(2 * time.Second)
	note(1, 10*time.Millisecond)
	want(10 * time.Millisecond)
	note(len(s.last)-2, time.Second)
	want(10 * time.Millisecond)
	note(1, time.Second)
	want(time.Second)
}

// What is noted of an answer is when it was last seen not to have ended, whenever we
// look: or we would look later and later.
func TestSpansDoNotGrowByLooking(t *testing.T) { synctest.Test(t, spansDoNotGrow) }

func spansDoNotGrow(t *testing.T) {
	l := lull{unwatched: true, conn: new(slack), spans: new(spans)}
	progress := func() {
		l.reads++
		l.known(paceline.DeltaContent)
	}
	for range len(l.spans.last) {
		l.since, l.relaxed, l.seen, l.sure = time.Now().Add(-time.Minute), true, 0, 0
		progress() // an answer that is read once, with its end
		l.complete()
	}
	if got := l.spans.usual(); got != 0 {
		t.Errorf("an answer that ended at the first look is expected to last %v", got)
	}
	for range len(l.spans.last) {
		l.since, l.relaxed, l.seen, l.sure = time.Now().Add(-time.Minute), true, 0, 0
		progress()
		l.since = l.since.Add(-time.Minute)
		progress()
		l.complete()
	}
	if got := l.spans.usual(); got != time.Minute {
		t.Errorf("answers that went on after a minute and ended within two are expected to last %v", got)
	}
}

// slack is a connection that can be read at intervals.
type slack struct{ quiet []time.Duration }

func (s *slack) Relax(quiet time.Duration) { s.quiet = append(s.quiet, quiet) }
func (s *slack) Hurry()                    {}

// An answer that has begun is read at intervals from 5 ms on, or at once where no end
// is expected so soon.
func TestAnAnswerThatIsLongIsRelaxedAtOnce(t *testing.T) { synctest.Test(t, relaxes) }

func relaxes(t *testing.T) {
	c, l := new(slack), lull{unwatched: true, spans: new(spans)}
	l.conn = c
	l.pause()
	l.reads++
	l.known(paceline.DeltaContent)
	l.pause()
	if len(c.quiet) > 0 {
		t.Error("it was read at intervals at once")
	}
	l.since = l.since.Add(-relaxAfter)
	l.pause()
	l.pause()
	l.relaxed = false
	l.spans.expected.Store(int64(time.Second))
	l.since = time.Now()
	l.pause()
	if len(c.quiet) != 2 || c.quiet[0] != 0 || c.quiet[1] != time.Second {
		t.Errorf("it was relaxed for %v", c.quiet)
	}
}
