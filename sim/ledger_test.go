package sim

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

// leaving reads an answer and hangs up before its handler has ended.
type leaving struct {
	*httptest.ResponseRecorder
	hangUp context.CancelFunc
}

func (l leaving) Write(b []byte) (int, error) {
	defer l.hangUp()
	return l.ResponseRecorder.Write(b)
}

func TestAnAnswerThatWasReadIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{KeepRequests: true})
		ctx, hangUp := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, "POST", "/v1/chat/completions", strings.NewReader(chatBody("x", "")))
		s.ServeHTTP(leaving{httptest.NewRecorder(), hangUp}, r)
		mustBe(t, "complete", s.Ledger().Records[0].Complete, true)
	})
}

func TestLedgerCounts(t *testing.T) {
	cfg := Config{
		APIKeys: []string{"sk-canary-1", "sk-canary-2"}, KeepRequests: true,
		TTFT: MustDurations("1s"), ITL: MustDurations("1s"), Tokens: MustCounts("10"),
		Script: map[int]string{2: "500", 3: "cut"},
	}
	onNetwork(t, cfg, func(t *testing.T, s *Server, c *http.Client) {
		ask := func(key, more string) reply {
			req, _ := http.NewRequest("POST", "http://sim/v1/chat/completions", strings.NewReader(chatBody("x", more)))
			req.Header.Set("Authorization", "Bearer "+key)
			return do(c, req)
		}
		whole := ask("sk-canary-1", "")
		ask("sk-canary-1", "")
		ask("sk-canary-2", streamed) // cut after five tokens
		ask("sk-wrong", "")
		resp, err := c.Get("http://sim/stats")
		if err != nil {
			t.Fatal(err)
		}
		stats, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if strings.Contains(string(stats), "canary") {
			t.Error("the ledger tells the keys")
		}
		var l Ledger
		if err := json.Unmarshal(stats, &l); err != nil {
			t.Fatal(err)
		}
		mustBe(t, "requests", l.Requests, int64(4))
		mustBe(t, "status 200", l.ByStatus[200], int64(2))
		mustBe(t, "status 401", l.ByStatus[401], int64(1))
		mustBe(t, "status 500", l.ByStatus[500], int64(1))
		mustBe(t, "complete", l.Complete, Tally{1, whole.get("usage.prompt_tokens").Int(), 10})
		mustBe(t, "partial", l.Partial, Tally{1, whole.get("usage.prompt_tokens").Int(), 5})
		mustBe(t, "first key", l.ByKey[KeyName("sk-canary-1")].Requests, int64(2))
		mustBe(t, "second key", l.ByKey[KeyName("sk-canary-2")].CompletionTokens, int64(5))
		mustBe(t, "in flight", l.InFlight, 0)

		mustBe(t, "records", len(l.Records), 4)
		r := l.Records[0]
		mustBe(t, "answer's id", r.AnswerID, whole.get("id").String())
		mustBe(t, "request's id", r.RequestID, whole.header.Get("X-Request-Id"))
		mustBe(t, "content", r.Content, whole.text())
		mustBe(t, "complete", r.Complete, true)
	})
}

// A client that leaves is noted, and its slot and tokens come back.
func TestLedgerOfLeavers(t *testing.T) {
	cfg := Config{TTFT: MustDurations("1s"), ITL: MustDurations("1s"), Tokens: MustCounts("10"), Concurrency: 1, Limits: Limits{TPM: 1000}}
	onNetwork(t, cfg, func(t *testing.T, s *Server, c *http.Client) {
		c.Timeout = 3500 * time.Millisecond
		if r := send(c, chatBody("x", streamed+`,"max_tokens":500`)); r.err == nil {
			t.Error("no time-out")
		}
		synctest.Wait()
		l := s.Ledger()
		mustBe(t, "gone", l.Gone, int64(1))
		mustBe(t, "partial", l.Partial.CompletionTokens, int64(3))
		mustBe(t, "in flight", l.InFlight, 0)
		c.Timeout = time.Minute
		r := send(c, chatBody("x", `,"max_tokens":500`))
		mustBe(t, "the slot is free", r.status, 200)
	})
}

func TestLedgerPeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{})
		d := draws(5)
		var times []time.Time
		for range 20_000 {
			times = append(times, time.Now())
			direct(s, chatBody("x", ""))
			time.Sleep(time.Duration(d.exp() * float64(50*time.Millisecond)))
		}
		l := s.Ledger()
		mustBe(t, "in any second", l.MaxPerSecond, worstSliding(times, time.Second))
		mustBe(t, "in any minute", l.MaxPerMinute, worstSliding(times, time.Minute))
	})
}

// TestSimulatedDay runs a day of traffic with limits, latencies and faults:
// every answer that a client has stands in the ledger, and none is lost.
func TestSimulatedDay(t *testing.T) {
	cfg := Config{
		Seed: 1, KeepRequests: true,
		Limits: Limits{RPM: 30, Window: SlidingWindow}, TTFT: MustDurations("lognormal:800ms,0.6"), ITL: MustDurations("20ms"),
		Tokens: MustCounts("uniform:5,15"), Hang: 0.01, Stall: 0.01, Invalid: 0.02,
		Errors: must(ParseFaults("500:0.02,reset:0.01,cut:0.01,429:0.01")),
	}
	onNetwork(t, cfg, func(t *testing.T, s *Server, c *http.Client) {
		start := time.Now()
		const workers = 8
		answers := make(chan []reply)
		for w := range workers {
			go func() {
				var mine []reply
				d := draws(w)
				for k := 0; time.Since(start) < 24*time.Hour; k++ {
					o := observe(t, c, chatBody("Item "+itoa(w)+"-"+itoa(k), streamed))
					if o.status == 200 && o.err == nil && rebuilt(o.body).done {
						mine = append(mine, o.reply)
					}
					time.Sleep(time.Duration(d.exp() * float64(40*time.Second)))
				}
				answers <- mine
			}()
		}
		recorded := map[string]*Record{}
		var all []reply
		for range workers {
			all = append(all, <-answers...)
		}
		s.Close()
		l := s.Ledger()
		for i := range l.Records {
			recorded[l.Records[i].RequestID] = &l.Records[i]
		}
		for _, a := range all {
			r := recorded[a.header.Get("X-Request-Id")]
			if r == nil || !r.Complete || r.Content != rebuilt(a.body).choices[0].content {
				t.Fatalf("an answer is not in the ledger: %+v, %s", r, a.body)
			}
		}
		mustBe(t, "complete", l.Complete.Requests, int64(len(all)))
		var statuses int64
		for _, n := range l.ByStatus {
			statuses += n
		}
		mustBe(t, "sum of the statuses", statuses, l.Requests)
		if l.Requests < 10_000 || l.ByFault["hang"] == 0 || l.ByFault["stall"] == 0 || l.Refused == 0 && l.MaxPerMinute > 30 {
			t.Errorf("an uneventful day: %+v", l.ByFault)
		}
		if at := acceptedTimes(l.Records); worstSliding(at, time.Minute) > 30 {
			t.Errorf("%d let in within a minute", worstSliding(at, time.Minute))
		}
	})
}

func acceptedTimes(records []Record) []time.Time {
	times := make([]time.Time, 0, len(records))
	bySeq := map[int64]Record{}
	for _, r := range records {
		bySeq[r.Seq] = r
	}
	for seq := int64(1); seq <= int64(len(records)); seq++ {
		if r := bySeq[seq]; r.Status != 429 {
			times = append(times, r.At)
		}
	}
	return times
}
