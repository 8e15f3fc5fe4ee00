package paceline_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
)

// Only who ranges over a stream watches its pieces, also within another engine's
// call that nobody watches.
func TestOnlyStreamsAreWatched(t *testing.T) {
	var watched []bool
	var inner func(context.Context)
	p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		watched = append(watched, paceline.Watched(ctx))
		if f := inner; f != nil {
			inner = nil
			f(ctx)
		}
		emit(paceline.Delta{Kind: paceline.DeltaContent})
		return &paceline.Response{Body: []byte(`{}`)}, nil
	})
	var engines [2]*paceline.Engine
	for i := range engines {
		var err error
		if engines[i], err = paceline.New(p, paceline.Config{}); err != nil {
			t.Fatal(err)
		}
		defer engines[i].Shutdown(context.Background())
	}
	e := engines[0]
	stream := func(ctx context.Context) {
		for _, err := range engines[1].Stream(ctx, nil).All() {
			if err != nil {
				t.Error(err)
			}
		}
	}
	want := func(what string, all ...bool) {
		t.Helper()
		for i := range max(len(all), len(watched)) {
			if len(watched) != len(all) || watched[i] != all[i] {
				t.Errorf("%s: watched %v, want %v", what, watched, all)
				break
			}
		}
		watched = nil
	}
	e.Do(t.Context(), nil)
	want("Do", false)
	stream(t.Context())
	want("Stream", true)
	inner = stream
	e.Do(t.Context(), nil)
	want("a Stream within Do", false, true)
	e.Run(t.Context(), paceline.Job{
		Source: dataset.JSONL(strings.NewReader(`{"id":"a"}`)),
		Sink:   paceline.SinkFunc(func(context.Context, *paceline.Result) error { return nil }),
		Prepare: func(*paceline.Item) (*paceline.Request, error) {
			return new(paceline.Request), nil
		},
	})
	want("Run", false)
	if !paceline.Watched(t.Context()) || !paceline.Watched(paceline.Watch(t.Context())) {
		t.Error("a ctx that is none of the engine's is not watched")
	}
}

// So does a stall deadline that reads at intervals could run into.
func TestAnAttemptOfAShortStallIsWatched(t *testing.T) {
	for stall, want := range map[time.Duration]bool{0: false, -1: false, 999 * time.Millisecond: true, time.Second: false} {
		var watched bool
		p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, _ func(paceline.Delta)) (*paceline.Response, error) {
			watched = paceline.Watched(ctx)
			return &paceline.Response{Body: []byte(`{}`)}, nil
		})
		e, err := paceline.New(p, paceline.Config{Deadlines: paceline.Deadlines{Stall: stall}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Do(t.Context(), nil); err != nil || watched != want {
			t.Errorf("a stall deadline of %v: watched %v, %v", stall, watched, err)
		}
		e.Shutdown(context.Background())
	}
}
