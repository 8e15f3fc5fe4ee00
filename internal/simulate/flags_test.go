package simulate

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

// TestSimFlags checks that every flag reaches the simulator.
func TestSimFlags(t *testing.T) {
	f := defaultSimFlags()
	p := simPage()
	f.define(p)
	cmd := p.Command(nil)
	err := cmd.ParseFlags(strings.Fields("--rpm 10k --rps 2 --tpm 1M --window sliding --burst 3 --slots 4 --quota 5 " +
		"--headers azure --retry-after ms --ttft lognormal:800ms,0.6 --itl 20ms --tokens uniform:5,9 " +
		"--hang 1% --stall 0.02 --invalid 0.03 --errors 500:0.02,reset:0.01 --outage 1s..2s --outage 1m..90s:reset " +
		"--keys a,b --keys c --models m --seed 7"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.completed()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.New(c); err != nil {
		t.Fatal(err)
	}
	got := []any{c.Limits, c.Concurrency, c.Queue, c.Quota, c.Headers, c.RetryAfter, c.TTFT.String(), c.ITL.String(),
		c.Tokens.String(), c.Hang, c.Stall, c.Invalid, c.Errors.String(), strings.Join(c.APIKeys, " "),
		strings.Join(c.Models, " "), c.Seed, c.Outages[0], c.Outages[1]}
	want := []any{sim.Limits{RPM: 10_000, RPS: 2, TPM: 1_000_000, Window: sim.SlidingWindow, Burst: 3}, 4, -1, 5,
		sim.AzureHeaders, sim.RetryAfterMillis, "lognormal:800ms,0.6", "20ms", "uniform:5,9", 0.01, 0.02, 0.03,
		"500:0.02,reset:0.01", "a b c", "m", uint64(7), sim.Outage{From: time.Second, To: 2 * time.Second},
		sim.Outage{From: time.Minute, To: 90 * time.Second, Fault: "reset"}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("value %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestWriteLedger(t *testing.T) {
	var b bytes.Buffer
	writeLedger(&b, sim.Ledger{
		Requests: 1234, Refused: 20, Gone: 3, Connections: 64,
		ByStatus:    map[int]int64{200: 1200, 429: 20, 500: 10, 0: 4},
		ByFault:     map[string]int64{"500": 10, "reset": 4, "hang": 10},
		Complete:    sim.Tally{Requests: 1190, PromptTokens: 50_000, CompletionTokens: 9000},
		Partial:     sim.Tally{Requests: 10, PromptTokens: 400, CompletionTokens: 20},
		MaxInFlight: 87, MaxPerSecond: 10, MaxPerMinute: 600,
	})
	want := `
Saw 1,234 requests on 64 connections

  answered     1,190 to the end   10 in part
  refused      20 by the rate limits
  left         3 whose client went away
  statuses     4 without a status   1,200 x 200   20 x 429   10 x 500
  faults       10 500   10 hang   4 reset
  tokens       50,400 in   9,020 out
  at most      87 at once   10 in a second   600 in a minute
`
	if got := b.String(); got != want {
		t.Errorf("got%swant%s", got, want)
	}
}
