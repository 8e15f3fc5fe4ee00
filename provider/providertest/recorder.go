package providertest

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

// A recorder is an emit function that keeps what it was told, and checks that
// it is called on the right goroutine and at the right time.
type recorder struct {
	mu        sync.Mutex
	goroutine string
	kinds     []paceline.DeltaKind
	text      strings.Builder
	done      bool
	strays    int // calls on another goroutine
	lates     int // calls after the end
}

func newRecorder() *recorder { return &recorder{goroutine: goroutine()} }

// here makes the caller's goroutine the one that emit must be called on.
func (r *recorder) here() { r.goroutine = goroutine() }

// goroutine returns the head of the caller's stack, which names the goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	buf = buf[:runtime.Stack(buf, false)]
	name, _, _ := bytes.Cut(buf, []byte(" ["))
	return string(name)
}

func (r *recorder) emit(d paceline.Delta) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		r.lates++
	}
	if d.Kind != paceline.DeltaSent && goroutine() != r.goroutine {
		r.strays++
	}
	r.kinds = append(r.kinds, d.Kind)
	if d.Kind == paceline.DeltaContent {
		r.text.WriteString(d.Text())
	}
}

func (r *recorder) returned() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = true
}

func (r *recorder) late() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lates
}

// check holds what was emitted for a complete answer to the promises.
func (r *recorder) check(t *testing.T, target Target) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.strays > 0 {
		t.Errorf("%d deltas were emitted on another goroutine", r.strays)
	}
	// Of going out an adapter tells if it knows, again when it had to ask anew,
	// and on any goroutine.
	kinds := slices.DeleteFunc(slices.Clone(r.kinds), func(k paceline.DeltaKind) bool { return k == paceline.DeltaSent || k == paceline.DeltaReady })
	headers, contents := 0, 0
	for _, k := range kinds {
		switch k {
		case paceline.DeltaHeader:
			headers++
		case paceline.DeltaContent:
			contents++
		}
	}
	if headers != 1 || kinds[0] != paceline.DeltaHeader {
		t.Errorf("the header is not the first sign of an answer, or not the only one: %v", kinds)
	}
	if !target.Streams {
		if len(kinds) != 1 {
			t.Errorf("deltas of a whole answer: %v", kinds)
		}
		return
	}
	if contents < 2 || r.text.String() != target.Text {
		t.Errorf("%d pieces of content make %q, want %q", contents, r.text.String(), target.Text)
	}
}
