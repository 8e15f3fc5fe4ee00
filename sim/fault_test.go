package sim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is what the tests' client gives a call; the bubble's clock makes it
// cheap.
const patience = 5 * time.Minute

// observed is what a raw client sees of one call.
type observed struct {
	reply
	took time.Duration
}

func observe(t *testing.T, c *http.Client, body string) observed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", "http://sim/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	o := observed{}
	resp, err := c.Do(req)
	if err != nil {
		o.err = err
	} else {
		b, err := io.ReadAll(io.LimitReader(resp.Body, 32<<20))
		o.reply = reply{resp.StatusCode, resp.Header, string(b), err}
		resp.Body.Close()
	}
	o.took = time.Since(start)
	return o
}

func (o *observed) streamed() *rebuild { return rebuilt(o.body) }

// the sentinel errors of a raw client
var (
	isReset    = func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }
	isEnd      = func(err error) bool { return errors.Is(err, io.EOF) }
	isShort    = func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }
	isPatience = func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
	isGarbage  = func(err error) bool { return err != nil && strings.Contains(err.Error(), "malformed HTTP") }
	isTooMuch  = func(err error) bool { return err != nil && strings.Contains(err.Error(), "headers exceeded") }
)

// TestFault01To41Observed injects every fault and looks at it with net/http
// alone. A fault without an expectation fails.
func TestFault01To41Observed(t *testing.T) {
	for _, f := range Faults() {
		t.Run(f.Name, func(t *testing.T) {
			want, ok := expectations[f.Name]
			if !ok {
				t.Fatal("nothing is said about how it is to be seen")
			}
			onNetwork(t, Config{}, func(t *testing.T, s *Server, c *http.Client) {
				c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				if err := s.Inject(f.Name); err != nil {
					t.Fatal(err)
				}
				o := observe(t, c, chatBody("How was your day? I hope that it was a good one.", streamed+want.ask))
				want.check(t, &o)
				s.Close() // a call stands in the ledger once it is over
				mustBe(t, "in the ledger", s.Ledger().ByFault[f.Name], int64(1))
			})
		})
	}
}

func (want *expectation) check(t *testing.T, o *observed) {
	t.Helper()
	mustBe(t, "status", o.status, want.status)
	if want.err == nil && o.err != nil || want.err != nil && !want.err(o.err) {
		t.Errorf("error %v", o.err)
	}
	for name, value := range want.header {
		mustBe(t, name, o.header.Get(name), value)
	}
	for path, value := range want.paths {
		mustBe(t, path, o.get(path).String(), value)
	}
	for _, s := range want.has {
		if !strings.Contains(o.body, s) {
			t.Errorf("%q is not in the body %.2000q", s, o.body)
		}
	}
	for _, s := range want.lacks {
		if strings.Contains(o.body, s) {
			t.Errorf("%q is in the body %.2000q", s, o.body)
		}
	}
	if want.see != nil {
		want.see(t, o)
	}
}

// Unstreamed calls meet the faults of the wire too.
func TestFaultsOfUnstreamedCalls(t *testing.T) {
	for name, want := range map[string]expectation{
		"cut":          {status: 200, see: broken},
		"cut-end":      {status: 200, see: broken},
		"body-reset":   {status: 200, err: isReset, see: broken},
		"stall":        {status: 200, err: isPatience, see: broken},
		"hang":         {err: isPatience},
		"hang-headers": {status: 200, err: isPatience},
		"stream-error": {status: 200, paths: map[string]string{"error.type": "server_error"}},
		"drip":         {status: 200, paths: map[string]string{"choices.0.finish_reason": "stop"}},
		"sse-cr":       {status: 200, paths: map[string]string{"choices.0.finish_reason": "stop"}},
		"short":        {status: 200, err: isShort},
		"no-usage":     {status: 200, lacks: []string{"usage"}},
		"null-choices": {status: 200, has: []string{`"choices":null`}},
		"418":          {status: 418, paths: map[string]string{"error.type": "invalid_request_error"}},
	} {
		t.Run(name, func(t *testing.T) {
			onNetwork(t, Config{}, func(t *testing.T, s *Server, c *http.Client) {
				o := observe(t, c, chatBody("Hello, [[sim:fault="+name+"]]!", ""))
				want.check(t, &o)
			})
		})
	}
}

func broken(t *testing.T, o *observed) {
	t.Helper()
	if o.body == "" || json.Valid([]byte(o.body)) {
		t.Errorf("not half a body: %q", o.body)
	}
}

// TestFault16StaleConnection: the second request on the connection is dropped
// with it.
func TestFault16StaleConnection(t *testing.T) {
	onNetwork(t, Config{Script: map[int]string{1: "stale"}}, func(t *testing.T, s *Server, c *http.Client) {
		mustBe(t, "first", send(c, chatBody("x", "")).status, 200)
		if err := send(c, chatBody("x", "")).err; err == nil {
			t.Error("the second request on the connection was answered")
		}
		mustBe(t, "third", send(c, chatBody("x", "")).status, 200)
		mustBe(t, "connections", s.Ledger().Connections, int64(2))
	})
}

func TestFault18HangEndsInTime(t *testing.T) {
	onNetwork(t, Config{Hang: 1, HangFor: 90 * time.Second}, func(t *testing.T, s *Server, c *http.Client) {
		o := observe(t, c, chatBody("x", ""))
		if !isEnd(o.err) {
			t.Errorf("error %v", o.err)
		}
		mustBe(t, "time", o.took, 90*time.Second)
	})
}

func TestFaultsByMarkerScriptAndQueue(t *testing.T) {
	s := newServer(t, Config{Script: map[int]string{2: "502"}})
	marked := chatBody("x [[sim:fault=500 times=2]]", "")
	if err := s.Inject("", "", "422"); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 6 {
		got = append(got, direct(s, marked).status)
	}
	if want := []int{500, 502, 200, 422, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	if err := s.Inject("bogus"); err == nil {
		t.Error("an unknown fault is injected")
	}
}

func TestOutage(t *testing.T) {
	onNetwork(t, Config{Outages: []Outage{{From: time.Minute, To: 2 * time.Minute}, {From: time.Hour, To: 2 * time.Hour, Fault: "reset"}}},
		func(t *testing.T, s *Server, c *http.Client) {
			for _, step := range []struct {
				wait   time.Duration
				status int
			}{{0, 200}, {time.Minute, 503}, {59 * time.Second, 503}, {time.Second, 200}, {58 * time.Minute, 0}, {time.Hour, 200}} {
				time.Sleep(step.wait)
				mustBe(t, "status after "+step.wait.String(), send(c, chatBody("x", "")).status, step.status)
			}
		})
}

func TestFaultRatesOverManyRequests(t *testing.T) {
	s := newServer(t, Config{Errors: must(ParseFaults("500:0.1,422:0.05")), Invalid: 0.1})
	for i := range 4000 {
		direct(s, chatBody(strings.Repeat("x", i%50)+string(rune('a'+i%26)), ""))
	}
	n := s.Ledger().ByFault
	for fault, want := range map[string]int64{"500": 400, "422": 200, "invalid": 400} {
		if n[fault] < want*3/4 || n[fault] > want*5/4 {
			t.Errorf("%s: %d of 4000, want about %d", fault, n[fault], want)
		}
	}
}

func TestFaultListIsDocumented(t *testing.T) {
	rows := map[int]bool{}
	names := map[string]bool{}
	for _, f := range Faults() {
		if f.Doc == "" || strings.ContainsAny(f.Doc, "\n") || names[f.Name] {
			t.Errorf("%+v", f)
		}
		rows[f.Row], names[f.Name] = true, true
	}
	// 20, 21, 23, 24 and 25 are not a handler's to do.
	for row := 1; row <= 41; row++ {
		if elsewhere := row == 20 || row == 21 || row >= 23 && row <= 25; !rows[row] && !elsewhere {
			t.Errorf("no fault stands for row %d", row)
		}
	}
	if !strings.Contains(checkFault("x").Error(), "hang-headers") {
		t.Error("the error about an unknown fault does not list them")
	}
}
