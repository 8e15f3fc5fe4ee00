package paceline_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// The tests below look closer at single faults than TestFault01To41InARun, which
// meets them all.

func TestFault02QuotaStopsTheRunByItsCode(t *testing.T) {
	for _, fault := range []string{"quota", "spend-limit", "402"} {
		m := meet(t, fault, 0, false)
		e, ok := errors.AsType[*paceline.Error](m.err)
		if !ok || e.Code != paceline.CodeQuota || m.sum.StoppedBy != "quota" || m.one != nil {
			t.Errorf("%s: %v, stopped by %q, row %v: its item is to be sent again", fault, m.err, m.sum.StoppedBy, m.one)
		}
		if n := m.ledger.ByFault[fault]; n != 1 {
			t.Errorf("%s: asked %d times", fault, n)
		}
		if _, wasted := m.sum.Account.Wasted[uint8(paceline.CodeQuota)]; !wasted {
			t.Errorf("%s: the refused request is not accounted for: %+v", fault, m.sum.Account)
		}
	}
	// A rate limit in the words of a quota is none (statusCases in provider/openai).
}

func TestFault06TooLargeIsTheItemsFault(t *testing.T) {
	m := meet(t, "413", 0, false)
	m.ended(t, paceline.CodeTooLarge, 1)
	if m.one.Err.Status != 413 || len(m.one.Err.Body) == 0 || m.sum.Failed != 1 {
		t.Errorf("%+v", m.one.Err)
	}
}

func TestFault08ErrorsWithStatus200(t *testing.T) {
	for _, fault := range []string{"error-200", "finish-error"} {
		m := meet(t, fault, 2, false)
		m.ended(t, accepted, 3)
		if n := m.sum.Causes[paceline.CodeServer]; n != 2 {
			t.Errorf("%s: %d failures by the server: %v", fault, n, m.sum.Causes)
		}
		m = meet(t, fault, 0, false)
		m.ended(t, paceline.CodeServer, 3)
		if !m.one.Err.Remote {
			t.Errorf("%s: the server said so: %+v", fault, m.one.Err)
		}
	}
}

func TestFault09PagesOfHTML(t *testing.T) {
	for fault, code := range map[string]paceline.Code{"html": paceline.CodeMalformed, "html-502": paceline.CodeServer} {
		m := meet(t, fault, 1, false)
		m.ended(t, accepted, 2)
		m = meet(t, fault, 0, false)
		m.ended(t, code, 3)
		if body := string(m.one.Err.Body); !strings.Contains(body, "<html>") || len(body) > 64<<10 {
			t.Errorf("%s: the beginning of the page should be kept, not %.100q", fault, body)
		}
	}
}

func TestFault10BodiesThatAreNoAnswer(t *testing.T) {
	for _, fault := range []string{"empty", "null", "two-bodies"} {
		for _, noStream := range []bool{false, true} {
			m := meet(t, fault, 1, noStream)
			m.ended(t, accepted, 2)
			if n := m.sum.Causes[paceline.CodeMalformed]; n != 1 {
				t.Errorf("%s: %v", fault, m.sum.Causes)
			}
			meetFor(t, fault, noStream, paceline.CodeMalformed)
		}
	}
}

func TestFault33NoChoices(t *testing.T) {
	for _, fault := range []string{"no-choices", "null-choices"} {
		for _, noStream := range []bool{false, true} {
			m := meet(t, fault, 2, noStream)
			m.ended(t, accepted, 3)
			meetFor(t, fault, noStream, paceline.CodeMalformed)
		}
	}
}

// meetFor has an item meet a fault in every attempt.
func meetFor(t *testing.T, fault string, noStream bool, code paceline.Code) {
	t.Helper()
	m := meet(t, fault, 0, noStream)
	m.ended(t, code, 3)
}

// Keys that stand twice are refused, since readers differ on which one counts;
// keys in another case are other keys, and not read.
func TestFault39KeysOfTheEnvelope(t *testing.T) {
	for _, noStream := range []bool{false, true} {
		m := meet(t, "duplicate-keys", 1, noStream)
		m.ended(t, accepted, 2)
		if m.one.Response.Model != "m" {
			t.Errorf("the model is %q", m.one.Response.Model)
		}
		m = meet(t, "odd-case", 0, noStream)
		m.ended(t, accepted, 1)
		if r := m.one.Response; r.Model != "m" || !strings.HasPrefix(r.Text(), "item") || !r.Usage.Known {
			t.Errorf("decoys were read: %q, %q, %+v", r.Model, r.Text(), r.Usage)
		}
	}
}

// Waits are counted by the monotonic clock, and what a server says in dates is
// held against its own clock: one that is hours off, or jumps between two
// answers, makes nobody wait longer or shorter.
func TestFault42DatesAreOfTheServersClock(t *testing.T) {
	for _, skews := range [][2]time.Duration{{0, 0}, {-30 * time.Hour, -30 * time.Hour}, {5 * time.Hour, 5 * time.Hour}, {-time.Hour, 9 * time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			began, refused := time.Now(), 0
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				clock := time.Now().Add(skews[min(refused, 1)])
				w.Header().Set("Date", clock.UTC().Format(http.TimeFormat))
				if time.Since(began) < 7*time.Second {
					refused++
					w.Header().Set("Retry-After", clock.Add(7*time.Second-time.Since(began)).UTC().Format(http.TimeFormat))
					http.Error(w, `{"error":{"code":"rate_limit_exceeded","message":"slow"}}`, http.StatusTooManyRequests)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}`)
			})
			var network sim.Network
			listener, err := network.Listen("sim:80")
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: handler}
			go server.Serve(listener)
			transport := &http.Transport{DialContext: network.Dial}
			e, err := paceline.New(openai.Provider{BaseURL: "http://sim/v1", Transport: transport, NoStream: true}, paceline.Config{Limits: paceline.Limits{InFlight: 1}})
			if err != nil {
				t.Fatal(err)
			}
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 3}, Sink: new(collector)})
			if took := time.Since(began); err != nil || sum.Done != 3 || took < 7*time.Second || took > 10*time.Second {
				t.Errorf("skews %v: %v, %d done in %v, %d refused; the server said 7 s", skews, err, sum.Done, took, refused)
			}
			e.Shutdown(context.Background())
			transport.CloseIdleConnections()
			server.Close()
		})
	}
}

// A caller who goes away cancels the request of its call at once, and what was
// reserved for it is settled: the next one has the slot and the tokens.
func TestFault69TheClientGoesAway(t *testing.T) {
	upstream := make(chan struct{}, 1)
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i == 1 {
			return answers(time.Second, "quick")(ctx, emit)
		}
		emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: []byte(`"half"`)})
		<-ctx.Done()
		upstream <- struct{}{}
		return nil, &paceline.Error{Code: paceline.CodeCanceled, Err: ctx.Err(), MaybeBilled: true}
	})
	limits := paceline.Limits{InFlight: 1, Tokens: paceline.Per(100, time.Minute)}
	running(t, p, paceline.Config{Limits: limits}, func(t *testing.T, e *paceline.Engine) {
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := e.Do(ctx, &paceline.Request{Model: "m", Messages: paceline.User("0"), MaxTokens: 50})
			ended <- err
		}()
		time.Sleep(3 * time.Second)
		left := time.Now()
		leave()
		if err := <-ended; paceline.CodeOf(err) != paceline.CodeCanceled {
			t.Errorf("the caller has %v", err)
		}
		<-upstream
		if took := time.Since(left); took != 0 {
			t.Errorf("the request was cancelled after %v", took)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{Model: "m", Messages: paceline.User("1"), MaxTokens: 50}); err != nil {
			t.Error(err)
		}
		if took := time.Since(left); took > 5*time.Second {
			t.Errorf("the next call took %v: what the first reserved was not given back", took)
		}
		if s := e.Stats(); s.InFlight != 0 || s.Unsettled != 1 {
			t.Errorf("%d in flight, %d unsettled: the half answer may be billed", s.InFlight, s.Unsettled)
		}
	})
}

// An HTTP/2 server that goes away again and again (GOAWAY) loses no item.
func TestFault22GoAwayInARun(t *testing.T) {
	var served atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the request came over %s", r.Proto)
		}
		if served.Add(1)%7 == 0 {
			w.Header().Set("Connection", "close") // which net/http turns into GOAWAY
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	transport := openai.NewTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	defer transport.CloseIdleConnections()
	e, err := paceline.New(openai.Provider{BaseURL: server.URL + "/v1", Transport: transport}, paceline.Config{Limits: paceline.Limits{InFlight: 20}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	rows := new(collector)
	sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 300}, Sink: rows})
	if err != nil || sum.Done != 300 {
		t.Errorf("%v; %d done: %v", err, sum.Done, sum.Causes)
	}
	rows.whole(t, 300)
	if sum.Requests < served.Load() {
		t.Errorf("%d requests were served, we count %d", served.Load(), sum.Requests)
	}
}

// An error is that of an address without an API, or one that an API may give.
func TestWhatIsNoAPI(t *testing.T) {
	for _, tt := range []struct {
		err  paceline.Error
		want bool
	}{
		{paceline.Error{Code: paceline.CodeInvalidRequest, Status: 404, Remote: true}, true},
		{paceline.Error{Code: paceline.CodeModelNotFound, Status: 404, Remote: true}, false},
		{paceline.Error{Code: paceline.CodeInvalidRequest, Status: 405, Remote: true, Body: []byte(`{"detail":"Method Not Allowed"}`)}, true},
		{paceline.Error{Code: paceline.CodeServer, Status: 501, Remote: true, Body: []byte("<html>Unsupported method</html>")}, true},
		{paceline.Error{Code: paceline.CodeServer, Status: 501, Remote: true, Body: []byte(` {"error":"logprobs"}`)}, false},
		{paceline.Error{Code: paceline.CodeServer, Status: 501, Remote: true, ProviderCode: "not_implemented"}, false},
		{paceline.Error{Code: paceline.CodeMalformed, Status: 200, Body: []byte("\n<!DOCTYPE html>")}, true},
		{paceline.Error{Code: paceline.CodeMalformed, Status: 200, Body: []byte("OK")}, false},
		{paceline.Error{Code: paceline.CodeServer, Status: 503, Remote: true, Body: []byte("<html>busy</html>")}, false},
		{paceline.Error{Code: paceline.CodeConnection}, false},
	} {
		if got := tt.err.NoAPI(); got != tt.want {
			t.Errorf("%v with %q: %v, want %v", &tt.err, tt.err.Body, got, tt.want)
		}
	}
}

func TestAnAddressWithNothingStopsARunBeforeItsFirstAnswer(t *testing.T) {
	for _, nothing := range []paceline.Error{
		{Code: paceline.CodeInvalidRequest, Status: 404, Remote: true, Message: "no such page"},
		{Code: paceline.CodeServer, Status: 501, Remote: true, Message: "no POST"},
		{Code: paceline.CodeMalformed, Status: 200, Message: "a web page", Body: []byte("<html>")},
	} {
		testNothingThere(t, nothing)
	}
}

func testNothingThere(t *testing.T, failure paceline.Error) {
	nothing, most := fails(failure), int64(2)
	if failure.Verdict() == paceline.VerdictRetry { // a gateway may have a bad moment
		most = 6
	}
	for _, from := range []int{0, 5} { // the first item that meets it
		if from > 0 && failure.Verdict() == paceline.VerdictRetry {
			continue // it is waited out, as long as that takes
		}
		p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
			if i >= from {
				time.Sleep(time.Millisecond) // a network's; in no time others would start before the first has told
				return nothing(ctx, emit)
			}
			return answers(time.Second, "a")(ctx, emit)
		})
		running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 1}}, func(t *testing.T, e *paceline.Engine) {
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 8}, Sink: new(collector)})
			stopped := paceline.CodeOf(err) == failure.Code && sum.Ended() == 0 && sum.Requests <= most
			whole := err == nil && sum.Done == 5 && sum.Failed == 3
			if from == 0 && !stopped || from > 0 && !whole {
				t.Errorf("from item %d: %v, %d requests, %d done, %d failed", from, err, sum.Requests, sum.Done, sum.Failed)
			}
		})
	}
}
