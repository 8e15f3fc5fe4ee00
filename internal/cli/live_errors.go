package cli

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/seed-1814a72b/paceline"
)

// errorsKept is how many different errors a list of them remembers, and
// wordsKept how many characters of each.
const (
	errorsKept = 64
	wordsKept  = 300
)

// A seenError is an error that attempts ended with, and how often.
type seenError struct {
	Code   paceline.Code
	Status int    // of HTTP, 0 if there was none
	Words  string // of the last one
	Count  int64
	last   time.Time
}

// name is the code as it stands in rows and logs, with the status.
func (e *seenError) name() string {
	if e.Status < 300 {
		return e.Code.String()
	}
	return e.Code.String() + " " + strconv.Itoa(e.Status)
}

// An errorList keeps the errors of attempts, each once with its count: those
// whose words differ in nothing but numbers are one. It is safe for concurrent
// use. The zero value is empty.
type errorList struct {
	mu    sync.Mutex
	seen  map[errorKey]*seenError
	shown []*seenError // those in view, each at a place that it keeps
}

type errorKey struct {
	code   paceline.Code
	status int
	words  string
}

// observe takes an event. A call that was cancelled or outrun by its hedge is no
// error.
func (l *errorList) observe(ev *paceline.Event) {
	switch {
	case ev.Err == nil || ev.Kind != paceline.EventEnd && !neverSent(ev):
		return
	case ev.Err.Code == paceline.CodeOutrun || ev.Err.Code == paceline.CodeCanceled:
		return
	}
	words := errorWords(ev.Err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(errorKey{ev.Err.Code, ev.Err.Status, withoutNumbers(words)}, words, ev.Time)
}

// neverSent reports whether an item ended without any attempt, of whose end the
// error would be told.
func neverSent(ev *paceline.Event) bool { return ev.Kind == paceline.EventItem && ev.Attempt == 0 }

func (l *errorList) add(key errorKey, words string, at time.Time) {
	e := l.seen[key]
	if e == nil {
		if l.seen == nil {
			l.seen = make(map[errorKey]*seenError)
		}
		l.forget()
		e = &seenError{Code: key.code, Status: key.status}
		l.seen[key] = e
	}
	e.Count++
	e.Words, e.last = words, at
	l.show(e)
}

// forget makes room for one more by leaving out the one that was not seen for
// longest.
func (l *errorList) forget() {
	if len(l.seen) < errorsKept {
		return
	}
	var oldest errorKey
	for key, e := range l.seen {
		if o := l.seen[oldest]; o == nil || e.last.Before(o.last) {
			oldest = key
		}
	}
	delete(l.seen, oldest)
}

// show brings e into view, in the place of the one that was not seen for longest
// if all are taken.
func (l *errorList) show(e *seenError) {
	if slices.Contains(l.shown, e) {
		return
	}
	if len(l.shown) < errorsShown {
		l.shown = append(l.shown, e)
		return
	}
	oldest := 0
	for i := range l.shown {
		if l.shown[i].last.Before(l.shown[oldest].last) {
			oldest = i
		}
	}
	l.shown[oldest] = e
}

// list returns the errors in view.
func (l *errorList) list() []seenError {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]seenError, len(l.shown))
	for i, e := range l.shown {
		list[i] = *e
	}
	return list
}

// errorWords are an error's own words, on one line, and no more than are ever
// shown.
func errorWords(e *paceline.Error) string {
	words := e.Message
	if words == "" && e.Err != nil {
		words = e.Err.Error()
	}
	if len(words) > wordsKept {
		words = strings.ToValidUTF8(words[:wordsKept], "")
	}
	return strings.Join(strings.Fields(words), " ")
}

// withoutNumbers returns text with every word that has a digit in it replaced:
// how long to wait, which request it was.
func withoutNumbers(text string) string {
	if !strings.ContainsFunc(text, unicode.IsDigit) {
		return text
	}
	list := strings.Fields(text)
	for i, w := range list {
		if strings.ContainsFunc(w, unicode.IsDigit) {
			list[i] = "#"
		}
	}
	return strings.Join(list, " ")
}
