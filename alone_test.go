package paceline_test

import (
	"cmp"
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
	told    func() time.Duration // Retry-After; nil: none

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
	header := http.Header{"Content-Type": {"application/json"}}
	if r.told != nil {
		header.Set("Retry-After", fmt.Sprint(r.told().Seconds()))
	}
	return &http.Response{
		StatusCode: http.StatusTooManyRequests, Header: header,
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
	used    time.Duration // everything is refused for so long
	tells   bool          // and each refusal tells for how long still,
	vague   time.Duration // or to wait for so long, if that is less; 0: it is not
	keys    int           // to the server, of which each is an endpoint; 0: one
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
		if l.used > 0 {
			end := time.Now().Add(l.used)
			l.shut = func() bool { return time.Now().Before(end) }
			if l.tells {
				gate.told = func() time.Duration { return min(time.Until(end), cmp.Or(l.vague, l.used)) }
			}
		}
		e, err := paceline.NewPool(l.endpoints(transport), l.config)
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

// endpoints returns one for each key.
func (l *loners) endpoints(transport http.RoundTripper) []paceline.Endpoint {
	all := make([]paceline.Endpoint, max(1, l.keys))
	for i := range all {
		p := openai.Provider{Key: fmt.Sprint(canaryKey, i), BaseURL: "http://sim/v1", Transport: transport}
		all[i] = paceline.Endpoint{Provider: p, Limits: l.config.Limits, Models: l.config.Models}
	}
	return all
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

// The last items of a run, or the only one, have no others that show that the limit
// is not used up. Time does: when nothing was let in for longer than any limit lasts
// that is not told, they end with a row of their own, and none before.
func TestTheLastItemsThatAreAlwaysRefusedEnd(t *testing.T) {
	hour := 65 * time.Minute
	for name, c := range map[string]struct {
		loners
		least, most time.Duration
	}{
		"the only one":       {loners{items: 1, refused: []int64{0}, body: slower}, hour, hour + 10*time.Minute},
		"which names a wait": {loners{items: 1, refused: []int64{0}}, hour, hour + 10*time.Minute},
		"the last":           {loners{items: 300, refused: []int64{299}, body: slower}, hour, hour + 10*time.Minute},
		"the last three":     {loners{items: 300, refused: []int64{297, 298, 299}, body: slower}, hour, hour + 10*time.Minute},
		"three, and no more": {loners{items: 3, refused: []int64{0, 1, 2}, body: slower}, hour, hour + 10*time.Minute},
		"so long is too long": {loners{items: 3, refused: []int64{0, 1, 2}, body: slower, config: paceline.Config{OutageLimit: 10 * time.Minute}},
			10 * time.Minute, 20 * time.Minute},
		"a limit by the day": {loners{items: 30, refused: []int64{29}, body: slower, config: paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(1e6, 24*time.Hour)}}},
			26 * time.Hour, 27 * time.Hour},
		"many":                {loners{items: 20, refused: []int64{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}, body: slower}, 25 * time.Hour, 26 * time.Hour},
		"two keys":            {loners{items: 30, refused: []int64{29}, body: slower, keys: 2}, hour, hour + 10*time.Minute},
		"two keys, and three": {loners{items: 30, refused: []int64{27, 28, 29}, body: slower, keys: 2}, hour, hour + 10*time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			rows, _, took, requests := c.run(t)
			c.ended(t, rows, paceline.CodeThrottled)
			t.Logf("took %v, %d requests", took, requests)
			if took < c.least || took > c.most {
				t.Errorf("took %v; want %v to %v", took, c.least, c.most)
			}
			said := rows[c.refused[0]].Err.Error()
			if !strings.Contains(said, "in which nothing else was left to send") {
				t.Errorf("it says %q", said)
			}
		})
	}
}

// A limit that is really used up is waited out, also by the last item: as told, and
// for an hour where nothing is told.
func TestTheLastItemsWaitOutALimit(t *testing.T) {
	for name, l := range map[string]loners{
		"by the hour, untold": {items: 1, used: time.Hour},
		"by the day":          {items: 1, used: 23 * time.Hour, tells: true},
		"by the day, two":     {items: 2, used: 23 * time.Hour, tells: true, keys: 2},
		"by the day, vaguely": {items: 1, used: 23 * time.Hour, tells: true, vague: 2 * time.Hour},
		"whatever an outage":  {items: 3, used: 23 * time.Hour, tells: true, config: paceline.Config{OutageLimit: time.Minute}},
		"of many, untold":     {items: 100, used: 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			l.body = slower
			rows, _, took, requests := l.run(t)
			l.ended(t, rows, paceline.CodeThrottled)
			if took > l.used+5*time.Minute {
				t.Errorf("took %v", took)
			}
			t.Logf("took %v, %d refused", took, requests)
		})
	}
}

// A single call is told so in the same way, and meanwhile who looks is told what it
// waits for.
func TestACallThatIsAlwaysRefusedEndsAndSaysWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := &paceline.Error{Code: paceline.CodeThrottled, Message: "slow down", Remote: true}
		e, err := paceline.New(paceline.ProviderFunc(func(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
			return nil, said
		}), paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		ended := make(chan error)
		go func() {
			_, err := e.Do(t.Context(), &paceline.Request{Model: "m"})
			ended <- err
		}()
		time.Sleep(30 * time.Minute)
		if p := e.Stats().Pace; p.Refusal != said || p.RefusedFor.Round(time.Minute) != 30*time.Minute {
			t.Errorf("after half an hour: %v for %v", p.Refusal, p.RefusedFor)
		}
		if err := <-ended; paceline.CodeOf(err) != paceline.CodeThrottled {
			t.Errorf("it ended with %v", err)
		}
	})
}
