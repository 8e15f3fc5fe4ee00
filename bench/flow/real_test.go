package flow

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

func TestStrictReal(t *testing.T) {
	tb := table(t, titleStrictReal, "Real timers, real sockets on loopback, server and client in one process on the same processors; the server counts by sliding window, "+
		"which refuses whatever a fixed window or a token bucket would. "+strictText+" A seed is a repetition.")
	var loads Sample
	for _, l := range size([]strictLimit{
		{2, time.Second, 121}, {200, time.Second, 12_001}, {2_000, time.Second, 120_001},
	}, []strictLimit{{2, time.Second, 3}, {200, time.Second, 201}}) {
		var used, refused Sample
		t.Run(l.String(), func(t *testing.T) {
			for range min(size(3, 1), seeds()) {
				r := l.real(t)
				used = append(used, float64(lastStart(l.calls, l.n, l.window))/float64(r.span()))
				refused = append(refused, float64(r.refused))
				loads = append(loads, load()...)
			}
		})
		tb.Rows = append(tb.Rows,
			Row{l.String(), "limit used", Percent, AtLeast(0.99), used},
			Row{l.String(), "refused of " + Count(float64(l.calls)), Count, AtMost(0), refused})
	}
	tb.loadRow(loads)
}

// real runs the limit's calls over loopback.
func (l strictLimit) real(t *testing.T) *report {
	t.Helper()
	p := newProvider(t, 1, one(sim.Config{
		Limits: l.server(sim.SlidingWindow), Headers: sim.NoHeaders,
		TTFT: sim.MustDurations("uniform:0.5s,1s"), Tokens: sim.MustCounts("2"),
	}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := p.servers[0].HTTPServer()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	r := l.drive(t, listener.Addr().String())
	server.Close()
	<-ended
	p.end(r)
	r.check(t, false)
	return r
}

// drive makes the limit's calls to a server at that address.
func (l strictLimit) drive(t *testing.T, address string) *report {
	t.Helper()
	transport := new(openai.Direct)
	e, err := paceline.New(openai.Provider{BaseURL: "http://" + address + "/v1", Transport: transport}, l.config())
	if err != nil {
		t.Fatal(err)
	}
	r := newReport()
	next := int64(0)
	src := paceline.SourceFunc(func(context.Context) (paceline.Item, error) {
		if next == l.calls {
			return paceline.Item{}, io.EOF
		}
		next++
		return paceline.Item{Index: next - 1, Request: question(next-1, 0)}, nil
	})
	if r.sum, err = e.Run(t.Context(), paceline.Job{Source: src, Sink: paceline.SinkFunc(r.put)}); err != nil {
		t.Fatal(err)
	}
	r.items, r.requests = next, r.sum.Requests
	e.Shutdown(context.Background())
	transport.CloseIdleConnections()
	return r
}
