package paceline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// A met is a job of which one item meets a fault of the simulator, and what
// became of it.
type met struct {
	sum    paceline.Summary
	err    error
	one    *paceline.Result // of the item; nil: it has none
	others collector
	ledger sim.Ledger
	took   time.Duration
}

const (
	metItems = 30
	metOne   = 7
)

// meet runs such a job in virtual time. With times above 0 the fault shows so
// often only.
func meet(t *testing.T, fault string, times int, noStream bool) (m met) {
	t.Helper()
	marker := "[[sim:fault=" + fault + "]]"
	if times > 0 {
		marker = fmt.Sprintf("[[sim:fault=%s times=%d]]", fault, times)
	}
	synctest.Test(t, func(t *testing.T) {
		server, err := sim.New(sim.Config{KeepRequests: true, TTFT: sim.MustDurations("200ms"), ITL: sim.MustDurations("10ms")})
		if err != nil {
			t.Fatal(err)
		}
		client, stop := new(sim.Network).Serve(server)
		e, err := paceline.New(
			openai.Provider{Key: canaryKey, BaseURL: "http://sim/v1", Transport: client.Transport, NoStream: noStream},
			paceline.Config{Limits: paceline.Limits{InFlight: 4}, Retry: paceline.Retry{Attempts: 3}, Hedge: paceline.Hedge{Budget: -1},
				Deadlines: paceline.Deadlines{FirstToken: 20 * time.Second, Stall: 20 * time.Second, Total: 2 * time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
		src := &numbers{n: metItems}
		source := paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
			it, err := src.Next(ctx)
			text := fmt.Sprintf("item %d of many", it.Index)
			if it.Index == metOne {
				text += " " + marker
			}
			it.Raw = json.RawMessage(fmt.Sprintf("%q", text))
			it.Request = &paceline.Request{Model: "m", Messages: paceline.User(text)}
			return it, err
		})
		began := time.Now()
		m.sum, m.err = e.Run(t.Context(), paceline.Job{Source: source, Sink: &m.others})
		m.took = time.Since(began)
		e.Shutdown(context.Background())
		stop()
		server.Close()
		m.ledger = server.Ledger()
	})
	m.one = m.others.results[metOne]
	return m
}

// ended fails the test unless the item ended with a code (ended: accepted) after
// so many requests, and all the others were accepted.
func (m *met) ended(t *testing.T, code paceline.Code, requests int) {
	t.Helper()
	if m.err != nil {
		t.Fatalf("the run ended: %v", m.err)
	}
	m.others.whole(t, metItems)
	for i, r := range m.others.results {
		if i != metOne && r.Status != paceline.StatusDone {
			t.Errorf("item %d, which met nothing, ended with %v", i, r.Err)
		}
	}
	got := accepted
	if m.one.Err != nil {
		got = m.one.Err.Code
	}
	forgiven := code == paceline.CodeConnection && m.one.Requests == requests+1 // a kept connection that was dead, once
	if got != code || requests > 0 && m.one.Requests != requests && !forgiven {
		t.Errorf("it ended with %v after %d requests, want %v after %d: %v", got, m.one.Requests, code, requests, m.one.Err)
	}
	m.addsUp(t)
}

func (m *met) addsUp(t *testing.T) {
	t.Helper()
	if n := m.sum.Account.Requests(); n+m.sum.Lost != m.sum.Requests || m.sum.Account.Answered.Requests != m.sum.Done {
		t.Errorf("%d requests are accounted for, %d lost, of %d; %d answers for %d rows", n, m.sum.Lost, m.sum.Requests,
			m.sum.Account.Answered.Requests, m.sum.Done)
	}
}

// accepted stands for an accepted answer where a code stands for a failure.
const accepted = ^paceline.Code(0)

// ends says what becomes in a run of an item that always meets a fault, streamed
// and, where that differs, unstreamed. What is not listed does not show.
var ends = func() map[string][]paceline.Code {
	m := map[string][]paceline.Code{}
	for code, names := range map[paceline.Code]string{
		paceline.CodeServer: "408 409 500 502 503 504 500-stop error-200 finish-error html-502 stream-error stream-error-event " +
			"stream-error-done stream-error-object stream-error-chunk",
		paceline.CodeInvalidRequest: "400 404 422 400-vllm", paceline.CodeContextTooLong: "context context-llamacpp",
		paceline.CodeContentFilter: "content-policy", paceline.CodeTooLarge: "413",
		paceline.CodeMalformed: "html empty null two-bodies no-choices null-choices duplicate-keys deep",
		paceline.CodeTooLong:   "gzip-bomb huge-headers", paceline.CodeCut: "short body-reset",
		paceline.CodeConnection: "reset close garbage", paceline.CodeFirstToken: "hang hang-headers",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = []paceline.Code{code}
		}
	}
	m["length"], m["content-filter"] = []paceline.Code{paceline.CodeTruncated}, []paceline.Code{paceline.CodeContentFilter}
	m["refusal"] = []paceline.Code{paceline.CodeRefused}
	m["400-retry"] = []paceline.Code{paceline.CodeInvalidRequest}
	m["stall"] = []paceline.Code{paceline.CodeStall, paceline.CodeFirstToken}
	m["pings"] = []paceline.Code{paceline.CodeStall, accepted}
	m["drip"] = []paceline.Code{paceline.CodeTimeout, paceline.CodeFirstToken}
	m["endless"] = []paceline.Code{paceline.CodeTimeout, accepted}
	m["endless-line"] = []paceline.Code{paceline.CodeTooLong, accepted}
	m["cut"] = []paceline.Code{paceline.CodeCut, paceline.CodeMalformed}
	m["cut-end"] = m["cut"]
	return m
}()

// jobFaults stop the whole run.
var jobFaults = map[string]paceline.Code{
	"401": paceline.CodeAuth, "403": paceline.CodeAuth, "401-vllm": paceline.CodeAuth, "quota": paceline.CodeQuota,
	"402": paceline.CodeQuota, "spend-limit": paceline.CodeQuota, "model-not-found": paceline.CodeModelNotFound,
	"redirect": paceline.CodeRedirect, "redirect-307": paceline.CodeRedirect,
}

// throttles are told to wait: for ever, if they meet it always.
func throttles(f sim.Fault) bool {
	switch f.Name {
	case "429", "429-bare", "429-gemini", "529", "503-rate", "stream-throttled":
		return true
	}
	return f.Row == 7
}

// TestFault01To41InARun has one item of a job meet each fault of the simulator,
// always and once, streamed and not. Always, it ends as its code says within
// its attempts, or the run stops where it must; once, it is answered all the
// same if another attempt may help. No other item is concerned, and every
// request is accounted for.
func TestFault01To41InARun(t *testing.T) {
	for _, f := range sim.Faults() {
		for _, noStream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%02d/%s/unstreamed=%v", f.Row, f.Name, noStream), func(t *testing.T) {
				t.Parallel()
				meetFault(t, f, noStream)
			})
		}
	}
}

func meetFault(t *testing.T, f sim.Fault, noStream bool) {
	if code, ok := jobFaults[f.Name]; ok {
		m := meet(t, f.Name, 0, noStream)
		if e, ok := errors.AsType[*paceline.Error](m.err); !ok || e.Code != code || m.sum.StoppedBy != code.String() {
			if code != paceline.CodeModelNotFound || m.one == nil || m.one.Err.Code != code {
				t.Errorf("the run ended with %v by %q, want %v", m.err, m.sum.StoppedBy, code)
			}
		}
		m.addsUp(t)
		return
	}
	if throttles(f) {
		m := meet(t, f.Name, 2, noStream)
		m.ended(t, accepted, 3)
		if m.one.Attempts != 1 || m.sum.Throttled != 2 {
			t.Errorf("%d attempts, %d throttled: a throttled call costs none", m.one.Attempts, m.sum.Throttled)
		}
		return
	}
	codes := ends[f.Name]
	code := accepted
	if len(codes) > 0 {
		code = codes[0]
		if noStream {
			code = codes[len(codes)-1]
		}
	}
	if code == accepted {
		m := meet(t, f.Name, 0, noStream)
		m.ended(t, accepted, 0)
		return
	}
	requests, once := 3, 2
	if e := (&paceline.Error{Code: code}); e.Verdict() == paceline.VerdictItem && f.Name != "400-retry" || f.Name == "500-stop" {
		requests, once = 1, 1
	}
	m := meet(t, f.Name, 0, noStream)
	m.ended(t, code, requests)
	m = meet(t, f.Name, 1, noStream)
	if once == 2 {
		code = accepted
	}
	m.ended(t, code, once)
}
