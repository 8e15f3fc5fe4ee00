package control

import (
	"bufio"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// pipes is a listener on pipes in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

// dial connects to the listener and returns what sends a line and returns the
// line that comes back.
func (p *pipes) dial(t *testing.T) (conn net.Conn, exchange func(line string) Answer) {
	t.Helper()
	conn, server := net.Pipe()
	p.conns <- server
	answers := bufio.NewReader(conn)
	return conn, func(line string) Answer {
		t.Helper()
		if _, err := conn.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
		text, err := answers.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var a Answer
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return a
	}
}

// heldEngine is an engine that does nothing but note what it is told.
type heldEngine struct {
	limits map[string]paceline.Limits
	held   bool
	stats  paceline.Stats
}

func (e *heldEngine) Stats() paceline.Stats { return e.stats }
func (e *heldEngine) Pause()                { e.held = true }
func (e *heldEngine) Resume()               { e.held = false }
func (e *heldEngine) SetLimits(endpoint string, l paceline.Limits) error {
	e.limits[endpoint] = l
	return nil
}
func (e *heldEngine) SetModelLimits(endpoint, model string, l paceline.Limits) error {
	e.limits[endpoint+"/"+model] = l
	return nil
}

// controlled starts a control over a pool of two in a bubble.
func controlledPool(t *testing.T) (e *heldEngine, l *pipes, c *Control) {
	e = &heldEngine{limits: map[string]paceline.Limits{}}
	l = newPipes()
	c = Start(e, status.Facts{Total: 100, Output: "out.jsonl"}, []pool.Endpoint{
		{Name: "one", Host: "a", Limits: pool.Limits{RPM: 600, TPM: 1e6, Window: "bucket"}},
		{Name: "2", Host: "b", Limits: pool.Limits{Concurrency: 9, Window: "strict"}},
	}, Models{Unpriced: func(model string) string {
		if model == "unpriced" {
			return model
		}
		return ""
	}, Unasked: func(model string) string {
		if model == "nope" {
			return "m, n"
		}
		return ""
	}}, l)
	return e, l, c
}

func TestControlSetsWhatIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, l, c := controlledPool(t)
		defer c.Close()
		_, ask := l.dial(t)
		if a := ask(`{"do":"set","endpoint":"one","limits":{"rpm":"1.2k","concurrency":"20"}}`); a.Error != "" || *a.Status.Endpoints[0].RPM != 1200 {
			t.Fatalf("got %+v", a)
		}
		want := paceline.Limits{Requests: paceline.Per(1200, time.Minute), Tokens: paceline.Per(1e6, time.Minute), InFlight: 20}
		if len(e.limits) != 1 || e.limits["one"] != want {
			t.Errorf("set %+v, want only one's, %+v", e.limits, want)
		}
		ask(`{"do":"set","limits":{"rpm":"off","rps":"2","window":"strict"}}`)
		one := paceline.Limits{Requests: paceline.Per(2, time.Second), Tokens: want.Tokens, InFlight: 20, Window: paceline.Strict}
		two := paceline.Limits{Requests: paceline.Per(2, time.Second), InFlight: 9, Window: paceline.Strict}
		if e.limits["one"] != one || e.limits["2"] != two {
			t.Errorf("set %+v\nwant %+v\nand %+v", e.limits, one, two)
		}
	})
}

func TestControlRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, l, c := controlledPool(t)
		defer c.Close()
		_, ask := l.dial(t)
		for line, want := range map[string]string{
			`{"do":"set","limits":{"rpm":"0"}}`:                            `rpm: "0" is not a number above 0`,
			`{"do":"set","limits":{"concurrency":"5","tpm":"-1"}}`:         `tpm: "-1" is not a number above 0`,
			`{"do":"set","limits":{"rate":"5"}}`:                           `"rate" is no limit; they are rpm, rps, tpm, usd-per-hour, concurrency, window`,
			`{"do":"set","limits":{"window":"off"}}`:                       `window: "off" is not known; it is one of bucket, strict`,
			`{"do":"set"}`:                                                 "set needs a limit, such as rpm=300",
			`{"do":"set","endpoint":"three","limits":{"rpm":"5"}}`:         `there is no endpoint "three"; the endpoints are one, 2`,
			`{"do":"stop"}`:                                                `"stop" is no order; they are status, pause, resume, set, faster, slower`,
			`{"do":"status","colour":"red"}`:                               `not an order: json: unknown field "colour"`,
			`hello`:                                                        "not an order: ",
			`{"do":"set","endpoint":"one","limits":{"rpm":"9999999e300"}}`: `rpm: "9999999e300" is not a number above 0`,
		} {
			if a := ask(line); !strings.HasPrefix(a.Error, want) || a.Status != nil {
				t.Errorf("%s: %+v, want %q", line, a, want)
			}
		}
		if len(e.limits) > 0 {
			t.Errorf("set %+v", e.limits)
		}
	})
}

func TestControlTellsHowTheRunStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, l, c := controlledPool(t)
		defer c.Close()
		e.stats = paceline.Stats{Done: 10, Failed: 1, Resumed: 5, InFlight: 3, Requests: 14,
			Pace: paceline.Pace{Requests: paceline.Per(10, time.Second), InFlight: 29, LimitedBy: paceline.BottleneckRequests}}
		_, ask := l.dial(t)
		s := ask(`{"do":"status"}`).Status
		if s.Output != "out.jsonl" || *s.Items != 100 || s.Done != 16 || s.Failed != 1 || s.InFlight != 3 || s.Paused ||
			s.Now != "limited by requests: 10/s" || *s.InForce.RequestsPerMin != 600 || s.InForce.TokensPerMin != nil || s.CostUSD != nil {
			t.Errorf("got %+v", s)
		}
		if s := ask(`{"do":"pause"}`).Status; !s.Paused || !e.held || s.EtaS != nil || !strings.HasPrefix(s.Now, "paused by you") {
			t.Errorf("paused: %+v", s)
		}
		if s := ask(`{"do":"resume"}`).Status; s.Paused || e.held || s.Now != "limited by requests: 10/s" {
			t.Errorf("resumed: %+v", s)
		}
	})
}

func TestControlSetsTheLimitsOfAModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, l, c := controlledPool(t)
		defer c.Close()
		_, ask := l.dial(t)
		s := ask(`{"do":"set","endpoint":"2","model":"m","limits":{"tpm":"10k","usd-per-hour":"$5"}}`).Status
		want := paceline.Limits{Tokens: paceline.Per(10_000, time.Minute), Money: paceline.Per(5, time.Hour)}
		if got := e.limits["2/m"]; got != want || len(e.limits) != 1 {
			t.Errorf("set %+v, all %+v", got, e.limits)
		}
		if len(s.Endpoints[0].Models) != 0 || len(s.Endpoints[1].Models) != 1 || *s.Endpoints[1].Models[0].TPM != 10_000 {
			t.Errorf("status %+v", s.Endpoints)
		}
		// What is not named stays as it is.
		ask(`{"do":"set","endpoint":"2","model":"m","limits":{"rpm":"60"}}`)
		want.Requests = paceline.Per(60, time.Minute)
		if got := e.limits["2/m"]; got != want {
			t.Errorf("then %+v", got)
		}
		if a := ask(`{"do":"set","model":"nope","limits":{"rpm":"5"}}`); a.Error != `no item asks for the model "nope"; they ask for m, n` {
			t.Errorf("a model that nothing asks for: %q", a.Error)
		}
		if a := ask(`{"do":"set","model":"unpriced","limits":{"usd-per-hour":"5"}}`); !strings.Contains(a.Error, "the price of unpriced is not known") {
			t.Errorf("money of a model without a price: %+v", a)
		}
		if a := ask(`{"do":"set","model":"m","limits":{"rpm":"0"}}`); a.Error == "" {
			t.Error("rpm=0 was accepted")
		}
	})
}

func TestControlMeasuresTheRateBeforeAnybodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, l, c := controlledPool(t)
		defer c.Close()
		time.Sleep(5*time.Second + time.Millisecond)
		synctest.Wait()
		e.stats.Done = 40 // nobody looks at this instant
		_, ask := l.dial(t)
		if s := ask(`{"do":"status"}`).Status; s.ItemsPerS < 9 || s.ItemsPerS > 11 {
			t.Errorf("40 items in 4 to 5 s: %g a second", s.ItemsPerS)
		}
	})
}

// TestControlCloseJoins relies on its bubble, which fails when a goroutine is
// left.
func TestControlCloseJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l, c := controlledPool(t)
		idle, _ := l.dial(t)
		half, _ := l.dial(t)
		if _, err := half.Write([]byte(`{"do":`)); err != nil {
			t.Fatal(err)
		}
		deaf, _ := l.dial(t) // sends an order and never reads the answer
		if _, err := deaf.Write([]byte("{\"do\":\"status\"}\n")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.Close()
		if _, err := idle.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is open")
		}
	})
}

func TestControlCutsOffALineWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l, c := controlledPool(t)
		defer c.Close()
		conn, _ := l.dial(t)
		go conn.Write([]byte(strings.Repeat("x", 2*maxOrder))) // fails when it is cut off
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("an endless line was answered")
		}
	})
}
