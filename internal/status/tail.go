package status

import (
	"time"

	"github.com/seed-1814a72b/paceline"
)

// A tail is the end of a run, in which all that is left was sent, and is awaited or to
// be sent again. What was left of it at first is not renewed while nothing comes of it:
// calls that hang would else be a moment from their end for as long as they do.
type tail struct {
	expected time.Time // when its end was expected; zero: it has not begun
}

// late looks at a run of total items (0: not known) and reports whether it is in its
// tail, which has taken longer than was expected of it: the time of a call, behind the
// last pause.
func (t *tail) late(now time.Time, st *paceline.Stats, total int64) bool {
	if !allSent(st, total) || st.Total.P50 == 0 {
		t.expected = time.Time{}
		return false
	}
	if t.expected.IsZero() || st.Pace.PausedFor > 0 {
		t.expected = now.Add(min(st.Pace.PausedFor, longestLeft) + st.Total.P50)
	}
	return now.After(t.expected)
}

// allSent reports whether items are left, and none of them waits for its first attempt.
func allSent(st *paceline.Stats, total int64) bool {
	left := total - st.Ended() - st.Resumed
	switch {
	case total <= 0 || left <= 0:
		return false
	case left <= int64(st.InFlight) && st.Waiting == 0:
		return true
	}
	b := st.Pace.LimitedBy
	return st.Items >= total && (b == paceline.BottleneckAnswers || b == paceline.BottleneckRetries)
}
