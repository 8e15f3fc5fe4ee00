package dash

import (
	"cmp"
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline"
)

// How many different failures are kept, how many of them are told, and how many
// bytes of a message.
const (
	faultsKept   = 64
	faultsTold   = 20
	longestFault = 300
)

// A fault is a failure that has happened so often.
type fault struct {
	Code     string `json:"code"`
	HTTP     int    `json:"http,omitempty"`
	Message  string `json:"message"`            // the last one's
	Endpoint string `json:"endpoint,omitempty"` // likewise
	Count    int64  `json:"count"`
	LastMs   int64  `json:"last_ms"` // Unix time
	Item     int64  `json:"item"`    // index of the last one's item, from 0; -1: none
}

// faults are the failures of a run, each once: those whose messages differ in
// their numbers only are one. It is safe for concurrent use.
type faults struct {
	mu      sync.Mutex
	list    map[string]*fault
	changed bool
}

// observe takes an event that tells of a failure: of an attempt, or of an item
// that had none or whose answer was not accepted.
func (f *faults) observe(ev *paceline.Event) {
	if ev.Err == nil || !isFault(ev) {
		return
	}
	message := shorten(messageOf(ev.Err), longestFault)
	key := ev.Err.Code.String() + " " + gist(message)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = true
	old := f.list[key]
	if old == nil {
		old = &fault{Code: ev.Err.Code.String()}
		f.keep(key, old)
	}
	old.Count++
	old.HTTP, old.Message, old.Endpoint = ev.Err.Status, message, ev.Err.Endpoint
	old.LastMs, old.Item = ev.Time.UnixMilli(), ev.Index
}

// keep adds a fault, and forgets the one that was last seen longest ago if there
// are too many.
func (f *faults) keep(key string, added *fault) {
	if f.list == nil {
		f.list = make(map[string]*fault)
	}
	if len(f.list) >= faultsKept {
		oldest, at := "", int64(0)
		for k, v := range f.list {
			if oldest == "" || v.LastMs < at {
				oldest, at = k, v.LastMs
			}
		}
		delete(f.list, oldest)
	}
	f.list[key] = added
}

// take returns the faults, the last seen first, and whether there is anything
// new since it was called last.
func (f *faults) take() (list []fault, changed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed, f.changed = f.changed, false
	list = make([]fault, 0, len(f.list))
	for _, v := range f.list {
		list = append(list, *v)
	}
	slices.SortFunc(list, func(a, b fault) int {
		return cmp.Or(cmp.Compare(b.LastMs, a.LastMs), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Message, b.Message))
	})
	return list[:min(len(list), faultsTold)], changed
}

// isFault reports whether an event tells of a failure that no other one tells of.
func isFault(ev *paceline.Event) bool {
	switch ev.Err.Code {
	case paceline.CodeOutrun, paceline.CodeCanceled:
		return false // the loser of a race, or our own end
	}
	if ev.Kind == paceline.EventItem {
		answered := ev.Err.Code.Status() != paceline.StatusFailed && ev.Err.Status < 300
		return ev.Attempt == 0 || answered
	}
	return ev.Kind == paceline.EventEnd
}

func messageOf(e *paceline.Error) string {
	if e.Message == "" && e.Err != nil {
		return e.Err.Error()
	}
	return e.Message
}

// varying is what differs between messages that say the same: numbers, and ids
// of letters and digits.
var varying = regexp.MustCompile(`[0-9A-Za-z_-]*[0-9][0-9A-Za-z_-]*`)

// gist returns a message without what varies in it.
func gist(message string) string { return varying.ReplaceAllString(message, "#") }

// shorten returns at most n bytes of text, whole characters.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}
