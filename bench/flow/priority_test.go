package flow

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

func TestPriority(t *testing.T) {
	tb := table(t, titlePriority, "100,000 low-priority calls wait; a high one is submitted at a random moment. "+
		"Overtaken by are calls that reached the server after it was submitted and before it did. "+
		"Late is its arrival after the next instant at which a call was permitted: an interval after the last arrival, or the first end of a call.")
	for _, l := range []struct {
		name     string
		limits   paceline.Limits
		interval time.Duration // 0: the calls in flight are the limit
	}{
		{"20 a second", paceline.Limits{Requests: paceline.Per(20, time.Second), InFlight: 200}, 50 * time.Millisecond},
		{"50 in flight", paceline.Limits{InFlight: 50}, 0},
	} {
		s := overSeeds(t, l.name, func(t *testing.T, seed uint64) (f figures) {
			synctest.Test(t, func(t *testing.T) { f = jump(t, seed, l.limits, l.interval) })
			return f
		})
		tb.Rows = append(tb.Rows,
			Row{l.name, "overtaken by", Count, AtMost(0), s["overtaken"]},
			Row{l.name, "late", Millis, AtMost(0.001), s["late"]},
			Row{l.name, "calls that waited", Count, None(), s["waiting"]})
	}
}

// jump queues low calls, submits a high one and returns when its turn came.
func jump(t *testing.T, seed uint64, limits paceline.Limits, interval time.Duration) figures {
	p := newProvider(t, seed, one(sim.Config{TTFT: sim.MustDurations("uniform:0.5s,1.5s"), Tokens: sim.MustCounts("1")}))
	network := &sim.Network{Seed: seed}
	client, stop := network.Serve(p)
	e, err := paceline.New(openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport}, paceline.Config{Limits: limits, Hedge: paceline.Hedge{Budget: -1}})
	if err != nil {
		t.Fatal(err)
	}
	wait, ends := queueLow(t, e, size(100_000, 3_000))
	chance := rand.New(rand.NewPCG(seed, 2))
	time.Sleep(5*time.Second + time.Duration(chance.Int64N(int64(5*time.Second))))
	waiting := e.Stats().Waiting
	submitted := time.Now()
	if _, err := e.Do(t.Context(), &paceline.Request{Model: "m", Messages: paceline.User("urgent"), Priority: paceline.High}); err != nil {
		t.Error(err)
	}
	e.Shutdown(context.Background())
	wait()
	stop()
	r := new(report)
	p.end(r)
	f := r.turn(t, submitted, interval, *ends)
	f["waiting"] = float64(waiting)
	if waiting < size(100_000, 3_000) {
		t.Errorf("only %d calls waited", waiting)
	}
	return f
}

// queueLow has at least n low-priority calls wait, by as many runs as it takes:
// each reads only so far ahead. It returns a function that waits for them, and
// when their calls ended.
func queueLow(t *testing.T, e *paceline.Engine, n int) (wait func(), ends *[]time.Time) {
	var (
		runs sync.WaitGroup
		mu   sync.Mutex
	)
	ends = new([]time.Time)
	for range n/1000 + 1 {
		runs.Go(func() {
			i := int64(0)
			src := paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
				if i++; i > 10_000 {
					return paceline.Item{}, io.EOF
				}
				return paceline.Item{Index: i - 1, Request: &paceline.Request{Model: "m", Messages: paceline.User("low"), Priority: paceline.Low}}, nil
			})
			sink := paceline.SinkFunc(func(context.Context, *paceline.Result) error {
				mu.Lock()
				defer mu.Unlock()
				*ends = append(*ends, time.Now())
				return nil
			})
			if _, err := e.Run(t.Context(), paceline.Job{Source: src, Sink: sink}); !errors.Is(err, paceline.ErrShutdown) {
				t.Error(err)
			}
		})
	}
	return runs.Wait, ends
}

// turn returns how the high call fared that was submitted at the given time.
func (r *report) turn(t *testing.T, submitted time.Time, interval time.Duration, ends []time.Time) figures {
	high := slices.IndexFunc(r.arrivals, func(rec sim.Record) bool { return strings.Contains(rec.Body, "urgent") })
	if high < 1 {
		t.Fatal("the high call never arrived")
	}
	overtaken := 0
	for i := high - 1; i >= 0 && r.arrivals[i].At.After(submitted); i-- {
		overtaken++
	}
	at := r.arrivals[high].At
	permitted := r.arrivals[high-1].At.Add(interval)
	if interval == 0 {
		slices.SortFunc(ends, time.Time.Compare)
		permitted = ends[slices.IndexFunc(ends, submitted.Before)]
	}
	return figures{"overtaken": float64(overtaken), "late": at.Sub(permitted).Seconds()}
}
