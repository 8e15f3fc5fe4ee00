package paceline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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

const tooLarge = `{"error":{"message":"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 45000.","type":"tokens","code":"rate_limit_exceeded"}}`

// A refuser lets through to a server what it does not refuse itself, by a 429 with
// a body and without a word on when to come back.
type refuser struct {
	next    http.RoundTripper
	refuses func(body string) bool
	body    string

	mu      sync.Mutex
	refused int
}

func (r *refuser) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if !r.refuses(string(text)) {
		return r.next.RoundTrip(req)
	}
	r.mu.Lock()
	r.refused++
	r.mu.Unlock()
	time.Sleep(50 * time.Millisecond)
	return &http.Response{
		StatusCode: http.StatusTooManyRequests, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(r.body)), Request: req, ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// A loners is a job of which some items are refused whatever the limit.
type loners struct {
	items   int
	refused []int64 // the items
	body    string  // "": the simulator's fault 429, which names a second
	config  paceline.Config
	server  sim.Config
	limit   time.Duration // of the run; 0: none
	shut    func() bool   // whether everything is refused by now; nil: it never is
}

// run has the job run in virtual time.
func (l *loners) run(t *testing.T) (rows map[int64]*paceline.Result, sum paceline.Summary, took time.Duration, requests int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l.server.TTFT, l.server.ITL = sim.MustDurations("200ms"), sim.MustDurations("10ms")
		server, err := sim.New(l.server)
		if err != nil {
			t.Fatal(err)
		}
		client, stop := new(sim.Network).Serve(server)
		transport := client.Transport
		gate := &refuser{next: transport, body: l.body, refuses: func(body string) bool {
			return strings.Contains(body, "beyond") || l.shut != nil && l.shut()
		}}
		if l.body != "" {
			transport = gate
		}
		e, err := paceline.New(openai.Provider{Key: canaryKey, BaseURL: "http://sim/v1", Transport: transport}, l.config)
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if l.limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, l.limit)
			defer cancel()
		}
		began, sink := time.Now(), new(collector)
		sum, err = e.Run(ctx, paceline.Job{Source: l.source(), Sink: sink})
		took = time.Since(began)
		if (err != nil) != (l.limit > 0) {
			t.Errorf("the run ended after %v: %v", took, err)
		}
		e.Shutdown(context.Background())
		stop()
		server.Close()
		rows, requests = sink.results, gate.refused
	})
	return rows, sum, took, requests
}

func (l *loners) source() paceline.Source {
	src := &numbers{n: int64(l.items)}
	return paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
		it, err := src.Next(ctx)
		text := fmt.Sprintf("item %d", it.Index)
		if slices.Contains(l.refused, it.Index) {
			text += " beyond"
			if l.body == "" {
				text += " [[sim:fault=429]]"
			}
		}
		it.Raw = json.RawMessage(fmt.Sprintf("%q", text))
		it.Request = &paceline.Request{Model: "m", Messages: paceline.User(text)}
		return it, err
	})
}

// ended fails the test unless the refused items, and they alone, have ended with a code.
func (l *loners) ended(t *testing.T, rows map[int64]*paceline.Result, code paceline.Code) {
	t.Helper()
	if len(rows) != l.items {
		t.Errorf("%d rows of %d items", len(rows), l.items)
	}
	for i, r := range rows {
		want := accepted
		if slices.Contains(l.refused, i) {
			want = code
		}
		got := accepted
		if r.Err != nil {
			got = r.Err.Code
		}
		if got != want {
			t.Errorf("item %d ended with %v: %v", i, got, r.Err)
		}
	}
}

func TestFault01ARequestBeyondTheLimitIsTheItemsFault(t *testing.T) {
	l := loners{items: 300, refused: []int64{20}, body: tooLarge}
	rows, sum, took, requests := l.run(t)
	l.ended(t, rows, paceline.CodeTooLarge)
	if took > time.Minute || requests != 1 || sum.Throttled != 0 {
		t.Errorf("took %v, %d requests of the item, %d throttled; want one, which throttles nobody", took, requests, sum.Throttled)
	}
	if said := rows[20].Err.Error(); !strings.Contains(said, "45000 of 30000") {
		t.Errorf("it says %q", said)
	}
}

const slower = `{"error":{"message":"Rate limit reached. Please slow down.","type":"requests","code":"rate_limit_exceeded"}}`

// One item, or many, that are refused whatever the limit hold up no other, and end
// with a row of their own.
func TestAnItemThatIsAlwaysRefusedHoldsUpNoOther(t *testing.T) {
	minute := func(n float64) paceline.Rate { return paceline.Rate{N: n, Per: time.Minute} }
	some := []int64{3, 20, 21, 77, 140, 200}
	for name, l := range map[string]loners{
		"found out":   {items: 300, refused: []int64{20}, body: slower},
		"with a wait": {items: 300, refused: []int64{20}},
		"given":       {items: 300, refused: []int64{20}, body: slower, config: paceline.Config{Limits: paceline.Limits{Requests: minute(3000)}}},
		"strict":      {items: 300, refused: []int64{20}, body: slower, config: paceline.Config{Limits: paceline.Limits{Requests: minute(3000), Window: paceline.Strict}}},
		"long":        {items: 3000, refused: []int64{20}, body: slower, config: paceline.Config{Limits: paceline.Limits{InFlight: 4}}},
		"several":     {items: 300, refused: some, body: slower, config: paceline.Config{Limits: paceline.Limits{InFlight: 4}}},
		"first":       {items: 100, refused: []int64{0}, body: slower, config: paceline.Config{Limits: paceline.Limits{InFlight: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			rows, sum, took, requests := l.run(t)
			l.ended(t, rows, paceline.CodeThrottled)
			last := time.Duration(0)
			for i, r := range rows {
				if !slices.Contains(l.refused, i) {
					last = max(last, r.Started.Sub(rows[0].Started))
				}
			}
			t.Logf("took %v, the last other after %v, %d throttled, %d by the gate", took, last, sum.Throttled, requests)
			if took > 10*time.Minute {
				t.Errorf("took %v", took)
			}
			if e := rows[l.refused[0]].Err; e != nil && !strings.Contains(e.Message, "times while others were answered: Rate limit reached") {
				t.Errorf("its error is %v", e)
			}
		})
	}
}

// Where nobody is let in the limit is really used up: nobody fails for that, however
// long it lasts.
func TestWhereNobodyIsLetInNoItemFails(t *testing.T) {
	began, once := time.Time{}, sync.Once{}
	l := loners{items: 300, body: slower, limit: 20 * time.Hour, config: paceline.Config{Limits: paceline.Limits{InFlight: 4}}}
	l.shut = func() bool { // after five seconds
		once.Do(func() { began = time.Now() })
		return time.Since(began) > 5*time.Second
	}
	rows, sum, _, requests := l.run(t)
	if sum.Failed > 0 || sum.Done < 20 || sum.Done != int64(len(rows)) || requests < 100 {
		t.Errorf("%d rows, %d done, %d failed, %d refused", len(rows), sum.Done, sum.Failed, requests)
	}
}
