package dash

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// A script is a run that does what a test wants. It sends ten requests in every
// second of its bubble.
type script struct {
	mu     sync.Mutex
	began  time.Time
	looks  int
	orders []Order
	refuse error
	paused bool
}

func (s *script) Look() (paceline.Stats, json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	n := int64(time.Since(s.began) / (100 * time.Millisecond))
	st := paceline.Stats{Done: n, Requests: n, InFlight: 4, FirstToken: paceline.Latency{Count: n, P50: time.Second}}
	return st, s.status(n)
}

// Latencies tells of ten first tokens a second, and nine answers.
func (s *script) Latencies() (firstToken, total paceline.Latency) {
	return paceline.Latency{Count: 10, P50: time.Second, P99: 2 * time.Second}, paceline.Latency{Count: 9, P50: time.Minute, P99: time.Hour}
}

func (s *script) status(n int64) json.RawMessage {
	b, err := json.Marshal(map[string]any{"output": "out.jsonl", "done": n, "paused": s.paused})
	if err != nil {
		panic(err)
	}
	return b
}

func (s *script) Do(o Order) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return nil, s.refuse
	}
	s.orders = append(s.orders, o)
	s.paused = o.Do == "pause"
	return s.status(0), nil
}

func (s *script) looked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks
}

// A bench is a page of a script, served in memory.
type bench struct {
	t      *testing.T
	run    *script
	page   *Dash
	client *http.Client
	server *Server
}

// pageAddress is where a bench's page is.
const pageAddress = "127.0.0.1:7777"

// newBench must be called in a bubble; close ends it, or the bubble fails.
func newBench(t *testing.T, g Guard) *bench {
	t.Helper()
	network := &sim.Network{}
	l, err := network.Listen(pageAddress)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, run: &script{began: time.Now()}, page: New()}
	b.page.Start(b.run, Facts{Budget: paceline.BudgetState{Limit: paceline.Budget{Requests: 1000}}})
	b.server = Serve(l, b.page.Handler(g))
	b.client = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return network.Dial(ctx, "tcp", pageAddress) },
	}}
	return b
}

func (b *bench) close() {
	b.page.Close()
	b.client.CloseIdleConnections()
	b.server.Close()
}

// request returns a request to the page, as its own script would send it.
func (b *bench) request(method, path, body string) *http.Request {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, "http://"+pageAddress+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", "http://"+pageAddress)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set(csrfHeader, b.page.csrf)
	}
	return req
}

// ask sends a request and returns the whole answer.
func (b *bench) ask(req *http.Request) (*http.Response, string) {
	b.t.Helper()
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

// A told is an event of the feed.
type told struct {
	kind, id string
	message
	points struct {
		At, Requests []float64
		TTFTCount    []float64 `json:"ttft_count"`
		TTFT50       []float64 `json:"ttft_p50_ms"`
		TTFT99       []float64 `json:"ttft_p99_ms"`
		TotalCount   []float64 `json:"total_count"`
		Total50      []float64 `json:"total_p50_ms"`
		Total99      []float64 `json:"total_p99_ms"`
		Summary      string
	}
}

// A feed is what a browser reads.
type feed struct {
	t    *testing.T
	body io.ReadCloser
	text *bufio.Reader
}

// listen opens the feed, behind an event that was seen already.
func (b *bench) listen(after string) *feed {
	b.t.Helper()
	req := b.request(http.MethodGet, "/events", "")
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || kind != "text/event-stream; charset=utf-8" {
		b.t.Fatalf("the feed answers %s, %s", resp.Status, kind)
	}
	return &feed{b.t, resp.Body, bufio.NewReader(resp.Body)}
}

// next returns the next event; false at the end of the feed.
func (f *feed) next() (ev told, ok bool) {
	f.t.Helper()
	for {
		line, err := f.text.ReadString('\n')
		if err != nil {
			return ev, false
		}
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "event":
			ev.kind = value
		case "id":
			ev.id = value
		case "data":
			ev.read(f.t, value)
		case "":
			if ev.kind != "" {
				return ev, true
			}
		}
	}
}

func (ev *told) read(t *testing.T, data string) {
	t.Helper()
	if err := json.Unmarshal([]byte(data), &ev.message); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if ev.Points != nil {
		if err := json.Unmarshal(ev.Points, &ev.points); err != nil {
			t.Fatal(err)
		}
	}
}
