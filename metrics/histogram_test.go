package metrics_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/metrics"
)

// timed answers after as long as the request's one message says.
func timed(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	d, err := time.ParseDuration(req.Messages[0].Content)
	if err != nil {
		return nil, err
	}
	time.Sleep(d)
	emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: json.RawMessage(`"x"`)})
	return &paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage(`"x"`), FinishReason: "stop"}}}, nil
}

func TestHistogramsHaveEveryDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := paceline.New(paceline.ProviderFunc(timed), paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []string{"90ms", "90ms", "410ms", "1.4s", "50s", "11m"} {
			if _, err := e.Do(t.Context(), &paceline.Request{Messages: paceline.User(d)}); err != nil {
				t.Fatal(err)
			}
		}
		h := histogramOf(t, e, "paceline_request_duration_seconds")
		if h.GetSampleCount() != 6 || h.GetSampleSum() != 0.09+0.09+0.41+1.4+50+660 {
			t.Errorf("%d durations, %v s in all", h.GetSampleCount(), h.GetSampleSum())
		}
		for bound, want := range map[float64]uint64{0.05: 0, 0.1: 2, 0.25: 2, 0.5: 3, 1: 3, 1.5: 4, 45: 4, 60: 5, 600: 5, 900: 6} {
			if got, ok := classic(h, bound); !ok || got != want {
				t.Errorf("%d durations within %v s (%v), want %d", got, bound, ok, want)
			}
		}
		checkNative(t, h, map[int32]int64{-27: 2, -10: 1, 4: 1, 46: 1, 75: 1})
		if first := histogramOf(t, e, "paceline_first_token_seconds"); first.GetSampleCount() != 6 {
			t.Errorf("%d first tokens", first.GetSampleCount())
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if h := histogramOf(t, e, "paceline_request_duration_seconds"); h.GetSampleCount() != 6 {
			t.Errorf("after the shutdown %d durations", h.GetSampleCount())
		}
	})
}

func histogramOf(t *testing.T, e *paceline.Engine, name string) *dto.Histogram {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(metrics.New(e, metrics.Facts{}))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.Metric[0].Histogram
		}
	}
	t.Fatalf("there is no %s", name)
	return nil
}

func classic(h *dto.Histogram, bound float64) (uint64, bool) {
	for _, b := range h.Bucket {
		if b.GetUpperBound() == bound {
			return b.GetCumulativeCount(), true
		}
	}
	return 0, false
}

// checkNative decodes the native buckets, as the format has them: spans of
// buckets, and in each the difference to the one before.
func checkNative(t *testing.T, h *dto.Histogram, want map[int32]int64) {
	t.Helper()
	got, at, count, next := map[int32]int64{}, int32(0), int64(0), 0
	for _, span := range h.PositiveSpan {
		at += span.GetOffset()
		for range span.GetLength() {
			count += h.PositiveDelta[next]
			next++
			if count > 0 {
				got[at] = count
			}
			at++
		}
	}
	if len(got) != len(want) {
		t.Errorf("native buckets %v, want %v", got, want)
	}
	for bucket, n := range want {
		if got[bucket] != n {
			t.Errorf("native bucket %d has %d, want %d (all: %v)", bucket, got[bucket], n, got)
		}
	}
}

// A scrape of an engine that has seen two endpoints and 30 models.
func BenchmarkScrape(b *testing.B) {
	quick := paceline.ProviderFunc(func(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
		return &paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage(`"x"`)}}}, nil
	})
	e, err := paceline.NewPool([]paceline.Endpoint{{Name: "a", Provider: quick}, {Name: "b", Provider: quick}}, paceline.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 300 {
		if _, err := e.Do(b.Context(), &paceline.Request{Model: string(rune('A' + i%30)), Messages: paceline.User("hi")}); err != nil {
			b.Fatal(err)
		}
	}
	r := prometheus.NewRegistry()
	r.MustRegister(metrics.New(e, metrics.Facts{Version: "v1"}))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Gather(); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if err := e.Shutdown(context.Background()); err != nil {
		b.Fatal(err)
	}
}
