package live

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/status"
)

func TestUnknownTokensAreNoZerosInTheLine(t *testing.T) {
	silent := paceline.Stats{Requests: 3, Done: 3}
	if got := plainLine(frame{State: status.State{Stats: silent}}); !strings.Contains(got, "tokens unknown, cost unknown") {
		t.Errorf("the line is %q", got)
	}
	silent.Done, silent.InFlight = 0, 3
	if got := plainLine(frame{State: status.State{Stats: silent}}); !strings.Contains(got, "tokens -") || !strings.Contains(got, "waiting for the first answer") {
		t.Errorf("before the first answer the line is %q", got)
	}
}

// A line says in a few words what holds the run back, at each look; nothing where
// nothing does, and nothing more at the end.
func TestTheLineSaysWhatLimits(t *testing.T) {
	strict := paceline.Pace{Requests: paceline.Per(600, time.Minute)}
	closed := strict
	closed.NextIn = 40 * time.Second
	for _, tt := range []struct {
		by    paceline.Bottleneck
		pace  paceline.Pace
		ended bool
		want  string
	}{
		{paceline.BottleneckRequests, strict, false, ", limited by requests"},
		{paceline.BottleneckRequests, closed, false, ", limited by requests: 600/min; its next window begins in 40 s"},
		{paceline.BottleneckTokens, strict, false, ", limited by tokens"},
		{paceline.BottleneckMoney, strict, false, ", limited by money"},
		{paceline.BottleneckConcurrency, paceline.Pace{InFlight: 9}, false, ", limited by calls in flight"},
		{paceline.BottleneckBudget, strict, false, ", limited by the budget"},
		{paceline.BottleneckCPU, strict, false, ", limited by this machine's processor"},
		{paceline.BottleneckInput, strict, false, ", waiting for input"},
		{paceline.BottleneckDisk, strict, false, ", waiting for rows to be written"},
		{paceline.BottleneckThrottled, strict, false, ", the server said later: one call goes first"},
		{paceline.BottleneckNone, strict, false, ""},
		{paceline.BottleneckRequests, strict, true, ""},
	} {
		s := frame{Ended: tt.ended, State: status.State{
			Stats: paceline.Stats{Requests: 9, Done: 9, Usage: paceline.Usage{Prompt: 1, Completion: 1, Known: true}, Pace: tt.pace},
			Pace:  status.Pace{HeldBy: tt.by},
		}}
		if _, got, ok := strings.Cut(plainLine(s), "cost unknown"); !ok || got != tt.want {
			t.Errorf("%q: %q, want %q at the end", tt.by, plainLine(s), tt.want)
		}
	}
}

func TestTheLineHasNoTimeOfArrivalOfWhatHangs(t *testing.T) {
	hang := frame{State: status.State{
		Facts: status.Facts{Total: 100}, Stats: paceline.Stats{Requests: 100, Done: 84, InFlight: 16},
		Pace: status.Pace{HeldBy: paceline.BottleneckAnswers, Left: -1, Awaited: 16},
	}}
	if got := plainLine(hang); !strings.HasSuffix(got, "cost unknown, waiting for the last 16 answers") {
		t.Errorf("the line is %q", got)
	}
	hang.Pace.HeldBy = paceline.BottleneckRetries
	if got := plainLine(hang); !strings.HasSuffix(got, ", waiting for the last 16 answers, waiting to send failed calls again") {
		t.Errorf("while they are to be sent again the line is %q", got)
	}
	hang.Ended = true
	if got := plainLine(hang); strings.Contains(got, "the last 16") || !strings.Contains(got, "stopped after") {
		t.Errorf("at the end the line is %q", got)
	}
}
