package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// items returns so many of them, and then the end.
func items(n int64) paceline.SourceFunc {
	next := int64(0)
	return func(context.Context) (paceline.Item, error) {
		if next == n {
			return paceline.Item{}, io.EOF
		}
		next++
		return paceline.Item{Index: next - 1, Request: &paceline.Request{Model: "m"}}, nil
	}
}

func nowhere(context.Context, *paceline.Result) error { return nil }

// TestAWindowThatIsUsedUpIsSaid runs 2,000 items at 900 in any minute: they go out in
// three bursts with nothing in between, which must not look as if it hung.
func TestAWindowThatIsUsedUpIsSaid(t *testing.T) {
	const total, latency = 2000, 2 * time.Second
	synctest.Test(t, func(t *testing.T) {
		e, err := paceline.New(paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
			select {
			case <-time.After(latency):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			return &paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage(`"x"`)}}}, nil
		}), paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(900, time.Minute), Window: paceline.Strict, InFlight: 520}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		over := make(chan error, 1)
		go func() {
			_, err := e.Run(t.Context(), paceline.Job{Source: items(total), Sink: paceline.SinkFunc(nowhere)})
			over <- err
		}()
		var m Meter
		began, waited := time.Now(), 0 // how many looks in a row saw nothing in flight
		var left []time.Duration       // the ends that were foretold
		for {
			time.Sleep(time.Second)
			st := e.Stats()
			s := State{Facts: Facts{Total: total}, Stats: st, Pace: m.Observe(time.Now(), st, total)}
			if s.Over() {
				break
			}
			text, _ := s.WaitsFor()
			if used := s.Pace.Requests / st.Pace.Requests.PerSecond(); used > 1.001 {
				t.Errorf("after %v: %g of the limit used", st.Elapsed, used)
			}
			if s.Pace.Left < 0 {
				t.Errorf("after %v: %q, and nobody knows how long it takes", st.Elapsed, text)
			}
			if st.InFlight > 0 {
				waited = 0
				continue
			}
			if waited++; waited > 5 && st.Pace.NextIn >= worthSaying {
				left = append(left, time.Since(began)+s.Pace.Left)
			}
			want := fmt.Sprintf("100 %% of 900/min used; its next window begins in %.0f s", st.Pace.NextIn.Seconds())
			if st.Pace.NextIn >= worthSaying && !strings.Contains(text, want) {
				t.Errorf("after %v: %q, want %q", st.Elapsed, text, want)
			}
			if r := Of(s, false); st.Pace.NextIn >= worthSaying && (r.NextInS <= 0 || *r.EtaS < r.NextInS) {
				t.Errorf("after %v: next in %g s, %g s to go", st.Elapsed, r.NextInS, *r.EtaS)
			}
		}
		if err := <-over; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		took := time.Since(began)
		if len(left) < 80 {
			t.Errorf("nothing was in flight at %d looks, of two pauses of 50 s", len(left))
		}
		for _, end := range left {
			if (end - took).Abs() > 5*time.Second {
				t.Errorf("the end was said to be at %v, it was at %v", end, took)
			}
		}
	})
}

func TestWhatIsStoppingSaysForWhat(t *testing.T) {
	s := State{Facts: Facts{Total: 100}, Stopping: true, Stats: paceline.Stats{Requests: 10, InFlight: 3, Done: 7}, Pace: Pace{Left: 45 * time.Minute}}
	if text, _ := s.WaitsFor(); text != "stopping: 3 calls in flight may finish" {
		t.Errorf("%q", text)
	}
	if r := Of(s, false); r.EtaS != nil {
		t.Errorf("%g s to go while it stops", *r.EtaS)
	}
	s.Stats.InFlight, s.Stats.Done = 0, 10
	if text, _ := s.WaitsFor(); text != "stopping: the last rows are being written" {
		t.Errorf("%q", text)
	}
}

func TestNothingLimitsARunThatIsOver(t *testing.T) {
	s := State{Facts: Facts{Total: 10}, Stats: paceline.Stats{Done: 10, Pace: paceline.Pace{LimitedBy: paceline.BottleneckDisk}}}
	if r := Of(s, false); r.LimitedBy != "" {
		t.Errorf("limited by %q", r.LimitedBy)
	}
}

func TestALimitThatIsBeingFoundOutHasNoFigure(t *testing.T) {
	s := State{Stats: paceline.Stats{Requests: 1}, Pace: Pace{HeldBy: paceline.BottleneckRequests}}
	if text, _ := s.WaitsFor(); text != "limited by requests: how many the server lets in is being found out" {
		t.Errorf("%q", text)
	}
}
