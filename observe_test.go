package paceline

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

// watched returns an observer in a bubble that notes which events it was told of;
// each call of its function takes so long.
func watched(t *testing.T, takes time.Duration) (o *observer, seen *[]int64) {
	seen = new([]int64)
	o = newObserver(func(ev Event) {
		time.Sleep(takes)
		*seen = append(*seen, ev.Index)
	}, nil)
	return o, seen
}

func inOrder(t *testing.T, seen []int64, n int) {
	t.Helper()
	if len(seen) != n {
		t.Fatalf("%d events were told, want %d", len(seen), n)
	}
	for i, index := range seen {
		if index != int64(i) {
			t.Fatalf("event %d was told as the %d-th", index, i)
		}
	}
}

func TestAnEventAfterAPauseIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, seen := watched(t, 0)
		for n := range 3 {
			o.add(&Event{Index: int64(n)})
			synctest.Wait()
			inOrder(t, *seen, n+1)
			time.Sleep(2 * eventsPause)
		}
		o.end()
	})
}

func TestEventsOfACrowdAreToldTogetherAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, seen := watched(t, 0)
		o.add(&Event{})
		synctest.Wait() // the observer is left alone now
		for n := 1; n < eventsCrowd; n++ {
			o.add(&Event{Index: int64(n)})
		}
		synctest.Wait()
		inOrder(t, *seen, 1)
		o.add(&Event{Index: eventsCrowd}) // that is too many to wait with
		synctest.Wait()
		inOrder(t, *seen, eventsCrowd+1)
		o.end()
	})
}

func TestSuccessesNobodyWantsAreNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []Event
		fails := true
		e, err := New(ProviderFunc(func(_ context.Context, _ *Request, emit func(Delta)) (*Response, error) {
			if fails = !fails; fails {
				return nil, &Error{Code: CodeServer}
			}
			emit(Delta{Kind: DeltaContent, Quoted: []byte(`"a"`)})
			return &Response{}, nil
		}), Config{
			Retry: Retry{Attempts: 1}, Limits: Limits{InFlight: 1}, Observe: func(ev Event) { seen = append(seen, ev) },
			Unobserved: []EventKind{EventStart, EventEnd, EventItem},
		})
		if err != nil {
			t.Fatal(err)
		}
		n := int64(-1)
		source := SourceFunc(func(context.Context) (Item, error) {
			if n++; n == 2 {
				return Item{}, io.EOF
			}
			return Item{Index: n, Request: &Request{}}, nil
		})
		if _, err := e.Run(t.Context(), Job{Source: source, Sink: SinkFunc(func(context.Context, *Result) error { return nil })}); err != nil {
			t.Fatal(err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		var kinds []EventKind
		for _, ev := range seen {
			kinds = append(kinds, ev.Kind)
		}
		if want := []EventKind{EventFirstToken, EventEnd, EventItem}; !slices.Equal(kinds, want) {
			t.Errorf("events %v, want %v: the first token, and the failure and its item", kinds, want)
		}
	})
}

func TestEventsAreCountedThatASlowObserverMisses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, seen := watched(t, time.Second)
		o.add(&Event{})
		synctest.Wait() // it is busy with the first one
		for n := range eventsBehind + 7 {
			o.add(&Event{Index: int64(n + 1)})
		}
		o.end()
		o.join()
		inOrder(t, *seen, eventsBehind+1)
		if lost := o.lost.Load(); lost != 7 {
			t.Errorf("%d events are counted as lost, want 7", lost)
		}
	})
}

// A result is its sink's: what a sink makes of it changes neither what is counted
// nor what is told.
func TestWhatASinkDoesToAResultChangesNoFigure(t *testing.T) {
	for _, kept := range []bool{false, true} {
		var told [8]Status
		p := ProviderFunc(func(context.Context, *Request, func(Delta)) (*Response, error) {
			return nil, &Error{Code: CodeBadItem}
		})
		e, err := New(p, Config{Observe: func(ev Event) {
			if ev.Kind == EventItem {
				told[ev.Index] = ev.Status
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		job := Job{Source: &counted{most: len(told)}, Sink: SinkFunc(func(_ context.Context, r *Result) error {
			*r = Result{}
			return nil
		})}
		if kept {
			job.Encode = func(dst []byte, _ *Result) []byte { return append(dst, "{}\n"...) }
			if job.Journal, err = journal.Open(filepath.Join(t.TempDir(), "rows"), journal.Options{}); err != nil {
				t.Fatal(err)
			}
			defer job.Journal.Close()
		}
		sum, err := e.Run(t.Context(), job)
		if err != nil || sum.Failed != int64(len(told)) {
			t.Errorf("%d have failed, of %d: %v", sum.Failed, len(told), err)
		}
		e.Shutdown(t.Context())
		for i, status := range told {
			if status != StatusFailed {
				t.Errorf("item %d was told to have ended as %v", i, status)
			}
		}
	}
}
