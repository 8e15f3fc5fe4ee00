package paceline

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

func TestABottleneckFollowsFromTheSituation(t *testing.T) {
	waits := func(c flow.Cause) hindrance { return hindrance{cause: c} }
	for _, c := range []struct {
		name string
		s    situation
		h    hindrance
		want Bottleneck
	}{
		{"the next one waits for the rate", situation{ready: 9, inFlight: 5, more: true}, waits(flow.CauseRequests), BottleneckRequests},
		{"for tokens, though the budget is short too", situation{ready: 1, needy: 9, more: true}, waits(flow.CauseTokens), BottleneckTokens},
		{"for money", situation{ready: 1}, waits(flow.CauseMoney), BottleneckMoney},
		{"for a free slot", situation{ready: 1, inFlight: 10}, waits(flow.CauseInFlight), BottleneckConcurrency},
		{"for a pause", situation{ready: 1, delayed: 3}, waits(flow.CausePause), BottleneckThrottled},
		{"for the retry budget", situation{ready: 1, inFlight: 1}, waits(flow.CauseBudget), BottleneckRetries},
		{"it is about to start", situation{ready: 1}, waits(flow.CauseNone), BottleneckNone},
		{"paused by hand", situation{ready: 1, inFlight: 3}, hindrance{cause: flow.CauseHold, held: true}, BottleneckHold},
		{"paused while all are between attempts", situation{delayed: 1}, hindrance{cause: flow.CauseBackoff, held: true}, BottleneckHold},
		{"paused while nothing is left to send", situation{inFlight: 1}, hindrance{held: true}, BottleneckAnswers},
		{"paused while the source gives nothing", situation{inFlight: 1, more: true, room: true}, hindrance{held: true}, BottleneckInput},
		{"nothing answers", situation{ready: 1, inFlight: 1}, hindrance{cause: flow.CauseOutage, down: true}, BottleneckOutage},
		{"nothing answers the last one", situation{inFlight: 1}, hindrance{down: true}, BottleneckOutage},
		{"nothing answers and all have failed", situation{delayed: 4}, hindrance{cause: flow.CauseBackoff, down: true}, BottleneckOutage},
		{"nothing answered, and nobody asks", situation{more: true, room: true}, hindrance{down: true}, BottleneckInput},
		{"too many answers are being judged", situation{ready: 7, judging: 1024}, hindrance{crowded: true}, BottleneckCPU},
		{"the budget", situation{needy: 7, inFlight: 3, more: true, room: true}, hindrance{}, BottleneckBudget},
		{"the budget, held for retries", situation{needy: 7, delayed: 3}, waits(flow.CauseBackoff), BottleneckBudget},
		{"the source", situation{inFlight: 4, more: true, room: true}, hindrance{}, BottleneckInput},
		{"the source, of items that are passed over", situation{inFlight: 4, more: true, room: true, passing: true}, hindrance{}, BottleneckResume},
		{"a full window, of a source whose items are passed over", situation{inFlight: 4, more: true, passing: true}, hindrance{}, BottleneckConcurrency},
		{"the source, though one is to be sent again", situation{delayed: 1, more: true, room: true}, waits(flow.CauseBackoff), BottleneckInput},
		{"the last answers", situation{inFlight: 1, delayed: 3}, waits(flow.CauseBackoff), BottleneckAnswers},
		{"the last retries", situation{delayed: 3}, waits(flow.CauseBackoff), BottleneckRetries},
		{"the last answers are judged", situation{judging: 3}, hindrance{}, BottleneckCPU},
		{"the last rows", situation{ended: 3}, hindrance{}, BottleneckDisk},
		{"all is done", situation{}, hindrance{}, BottleneckDisk},
		{"rows fill the window", situation{more: true, ended: 5000, judging: 24, inFlight: 2}, hindrance{}, BottleneckDisk},
		{"failures fill the window", situation{more: true, delayed: 5000, ended: 24}, hindrance{}, BottleneckRetries},
		{"answers to judge fill the window", situation{more: true, judging: 600, inFlight: 9}, hindrance{}, BottleneckCPU},
		{"calls fill the window", situation{more: true, inFlight: 5000}, hindrance{}, BottleneckConcurrency},
	} {
		if got := c.s.bottleneck(c.h); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEachCauseOfAdmissionIsABottleneck(t *testing.T) {
	if n := int(flow.CauseHold) + 1; len(bottleneckOf) != n {
		t.Fatalf("%d causes are named, there are %d", len(bottleneckOf), n)
	}
	for c := flow.CauseRequests; c <= flow.CauseHold; c++ {
		if bottleneckOf[c] == BottleneckNone {
			t.Errorf("%q is no bottleneck", c)
		}
	}
}

// An engine's situation is that of its runs together: one of them that could
// take an item waits for its source, whatever the others do.
func TestTheSituationsOfRunsAddUp(t *testing.T) {
	full, ends, roomy := situation{ended: 7, more: true}, situation{ended: 1}, situation{more: true, room: true}
	passing := situation{more: true, room: true, passing: true}
	for _, c := range []struct {
		runs []situation
		want Bottleneck
	}{
		{[]situation{full, passing, ends}, BottleneckResume},
		{[]situation{passing, roomy}, BottleneckInput},
		{[]situation{roomy, passing}, BottleneckInput},
		{[]situation{full, ends}, BottleneckDisk},
		{[]situation{ends, full, roomy}, BottleneckInput},
		{[]situation{{needy: 1, more: true}, roomy}, BottleneckBudget},
	} {
		var all situation
		for _, r := range c.runs {
			all.add(r)
		}
		if got := all.bottleneck(hindrance{}); got != c.want {
			t.Errorf("%+v together: %q, want %q", c.runs, got, c.want)
		}
	}
}

// What a ledger attributes is the time that has passed, to the nanosecond, and to
// what a list of all nanoseconds' causes says.
func TestALedgerAddsUpToTheNanosecond(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		began := flow.Instant(rng.IntN(1000) + 1)
		l, now := newLedger(began), began
		var want Limited
		at, busy := BottleneckInput, flow.Instant(0)
		for range 100 {
			until := now.Add(time.Duration(rng.IntN(30)))
			for ; now < until; now++ {
				if now < busy {
					want[BottleneckCPU]++
				} else {
					want[at]++
				}
			}
			if got := l.limited(now); got != want || got.Total() != now.Sub(began) {
				t.Fatalf("seed %d: %v at %d since %d, want %v", seed, got, now, began, want)
			}
			at, busy = Bottleneck(rng.IntN(int(bottlenecks))), now.Add(time.Duration(rng.IntN(60)-30))
			l.turn(now, at, busy)
			if !at.ours() {
				busy = 0
			}
		}
	}
}

func TestWhatALedgerSaysOfTheMoment(t *testing.T) {
	l := newLedger(5)
	l.turn(10, BottleneckConcurrency, 30)
	if b := l.at(20); b != BottleneckCPU {
		t.Errorf("without processor time left: %q", b)
	}
	if b := l.at(30); b != BottleneckConcurrency {
		t.Errorf("when the reading holds no more: %q", b)
	}
	l.turn(30, BottleneckRequests, 90)
	if b := l.at(40); b != BottleneckRequests {
		t.Errorf("of a limit that is used up: %q", b)
	}
	l.turn(20, BottleneckMoney, 0) // an earlier instant changes nothing that is past
	if got := l.limited(40); got.Total() != 35 {
		t.Errorf("%v of 35 ns", got.Total())
	}
}
