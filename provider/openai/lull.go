package openai

import (
	"time"

	paceline "github.com/seed-1814a72b/paceline"
)

// relaxAfter is for how long an answer must have been coming before its connection
// is read at intervals: one that comes at once is read at once.
const relaxAfter = 5 * time.Millisecond

// A connection that can be read at intervals.
type relaxer interface {
	Relax(quiet time.Duration)
	Hurry()
}

// A lull is how an answer is read that nobody watches: first as it comes, so that
// the time of its first token is exact, later at intervals. One piece of those that
// were read together is reported. The zero value, and nil, are for one that is watched.
type lull struct {
	unwatched bool
	conn      relaxer   // nil: it is watched, or over
	spans     *spans    // how long answers like it have been coming
	since     time.Time // of the first progress
	relaxed   bool
	reads     int           // so far
	told      int           // the read of which progress was reported
	seen      time.Duration // from since to the last progress that was reported while relaxed
	sure      time.Duration // to the one before: it had not ended by then
}

// pause notes that more of the answer is about to be waited for.
func (l *lull) pause() {
	if l.conn == nil || l.relaxed || l.since.IsZero() {
		return
	}
	quiet := l.spans.usual()
	if quiet < relaxAfter && time.Since(l.since) < relaxAfter {
		return
	}
	l.relaxed = true
	l.conn.Relax(quiet)
}

// over notes that what is yet to be read is waited for.
func (l *lull) over() {
	if l.conn != nil {
		l.conn.Hurry()
	}
	l.conn = nil
}

// complete notes that the answer is, and for how long it was coming.
func (l *lull) complete() {
	if l.conn != nil {
		l.spans.note(l.sure)
	}
}

// known reports whether progress was reported already, of the same read; it is noted
// as reported.
func (l *lull) known(kind paceline.DeltaKind) bool {
	if l == nil || !l.unwatched || !kind.Progress() {
		return false
	}
	if l.told == l.reads && l.told > 0 {
		return true
	}
	l.told = l.reads
	switch {
	case l.conn == nil:
	case l.since.IsZero():
		l.since = time.Now()
	case l.relaxed:
		l.sure, l.seen = l.seen, time.Since(l.since)
	}
	return false
}
