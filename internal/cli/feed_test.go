package cli

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/interrupt"
)

// fedBy returns a feed of the lines that the test writes; closed tells that the
// source was given back.
func fedBy() (f *feed, w *io.PipeWriter, closed chan struct{}) {
	r, w := io.Pipe()
	closed = make(chan struct{})
	return newFeed(dataset.Text(r), func() { close(closed) }), w, closed
}

func TestFeedShowsTheFirstItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, w, closed := fedBy()
		go func() {
			time.Sleep(time.Hour) // for the first item one waits
			io.WriteString(w, "a\nb\n")
			time.Sleep(time.Minute) // for the others only if they come at once
			io.WriteString(w, "c\n")
			w.Close()
		}()
		first, err := f.first(t.Context(), 100)
		if err != nil || len(first) != 2 || f.ended() {
			t.Fatalf("%d items, %v, ended: %v", len(first), err, f.ended())
		}
		for _, want := range []string{`"a"`, `"b"`, `"c"`} {
			if it, err := f.Next(t.Context()); err != nil || string(it.Raw) != want {
				t.Errorf("got %s, %v; want %s", it.Raw, err, want)
			}
		}
		for range 2 {
			if _, err := f.Next(t.Context()); err != io.EOF {
				t.Errorf("behind the last item: %v", err)
			}
		}
		<-closed
	})
}

func TestFeedShowsNoMoreThanAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, w, closed := fedBy()
		go io.WriteString(w, "a\nb\nc\n")
		if first, err := f.first(t.Context(), 2); err != nil || len(first) != 2 {
			t.Errorf("%d items, %v", len(first), err)
		}
		f.stop()
		w.Close()
		<-closed
	})
}

func TestFeedCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, w, closed := fedBy()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(interrupt.ErrInterrupted) })
		if _, err := f.first(ctx, 2); err != interrupt.ErrInterrupted {
			t.Errorf("first: %v", err)
		}
		if _, err := f.Next(ctx); err != interrupt.ErrInterrupted {
			t.Errorf("Next: %v", err)
		}
		f.stop()
		w.Close()
		<-closed
	})
}

func TestFeedPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	synctest.Test(t, func(t *testing.T) {
		f, w, closed := fedBy()
		go func() {
			io.WriteString(w, "a\n")
			w.CloseWithError(broken)
		}()
		if _, err := f.first(t.Context(), 5); !errors.Is(err, broken) {
			t.Errorf("first: %v", err)
		}
		<-closed
	})
}

func TestCautions(t *testing.T) {
	var c cautions
	for i, raw := range []string{
		`{"text":"plain é"}`, "{\"text\":\"\xff\"}", `"was � before"`, `{"index":1}`, `{"a":{"llm":1}}`, `"\"llm\""`, `{"llm":null}`,
	} {
		c.look(&paceline.Item{Index: int64(i), Raw: []byte(raw)})
	}
	if c.notUTF8 != (caution{2, "item 1"}) || c.taken != (caution{2, "item 3"}) {
		t.Errorf("got %+v", c)
	}
}
