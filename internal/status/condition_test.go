package status

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func TestCondition(t *testing.T) {
	for _, tt := range []struct {
		pace paceline.Pace
		want string
	}{
		{paceline.Pace{}, "nothing in the way"},
		{paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: paceline.Per(2, time.Second)}, "limited by requests: 2/s"},
		{paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: paceline.Per(300.4, time.Minute), FoundOut: true}, "limited by requests: about 300/min (found out)"},
		{paceline.Pace{LimitedBy: paceline.BottleneckConcurrency, InFlight: 64}, "limited by calls in flight: 64 at once"},
		{paceline.Pace{LimitedBy: paceline.BottleneckRetries}, "waiting to send failed calls again"},
		{paceline.Pace{LimitedBy: paceline.BottleneckAnswers}, "nothing is left to send: waiting for the last answers"},
		{paceline.Pace{LimitedBy: paceline.BottleneckAnswers, Endpoints: []paceline.EndpointPace{{Name: "1", Running: 3}}}, "nothing is left to send: waiting for the last answers"},
		{paceline.Pace{LimitedBy: paceline.BottleneckAnswers, Endpoints: []paceline.EndpointPace{{Name: "main"}, {Name: "spare", Running: 1234}, {Name: "3", Running: 1}}}, "nothing is left to send: waiting for the last answers, 1,234 of spare, 1 of 3"},
		{paceline.Pace{LimitedBy: paceline.BottleneckCPU}, "limited by this machine's processor"},
		{paceline.Pace{LimitedBy: paceline.BottleneckDisk}, "waiting for rows to be written"},
		{paceline.Pace{LimitedBy: paceline.BottleneckOutage}, "nothing answers: waiting, with a probe now and then"},
		{paceline.Pace{LimitedBy: paceline.BottleneckInput}, "waiting for input"},
		{paceline.Pace{LimitedBy: paceline.BottleneckThrottled}, "the server said later: one call goes first"},
		{paceline.Pace{LimitedBy: paceline.BottleneckHold}, "paused by you; 'paceline ctl OUTPUT resume' goes on"},
		{paceline.Pace{LimitedBy: paceline.BottleneckHold, PausedFor: time.Second, PausedCause: paceline.CodeThrottled},
			"paused by you; 'paceline ctl OUTPUT resume' goes on"},
		{paceline.Pace{LimitedBy: paceline.BottleneckThrottled, PausedFor: 300 * time.Millisecond, PausedCause: paceline.CodeThrottled},
			"paused <1 s: the server said later (429 or the like)"},
		{paceline.Pace{LimitedBy: paceline.BottleneckThrottled, PausedFor: 50 * time.Second, PausedCause: paceline.CodeThrottled,
			RefusedFor: 12 * time.Minute, Refusal: &paceline.Error{Code: paceline.CodeThrottled, Message: "Too many\x1b[2J requests"}},
			"paused 50 s: the server says later for 12 min 00 s now: Too many\uFFFD[2J requests"},
		{paceline.Pace{LimitedBy: paceline.BottleneckRetries, RefusedFor: 2 * time.Hour, Refusal: &paceline.Error{Code: paceline.CodeThrottled}},
			"the server says later for 2 h 00 min now"},
		{paceline.Pace{LimitedBy: paceline.BottleneckOutage, PausedFor: 90 * time.Second, PausedCause: paceline.CodeOutage},
			"paused 1 min 30 s: nothing answers; then it is probed"},
		{paceline.Pace{LimitedBy: paceline.BottleneckDisk, NoRoom: paceline.NoRoom{Path: "/a/out.jsonl", Bytes: 1_100_000, For: 14 * time.Second}},
			"the disk is full: stops in 14 s unless 1.1 MB become free for /a/out.jsonl"},
	} {
		s := State{Stats: paceline.Stats{Requests: 1, Pace: tt.pace}, Pace: Pace{HeldBy: tt.pace.LimitedBy}}
		if got, _ := s.WaitsFor(); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.pace, got, tt.want)
		}
	}
}

// A limit that was just found out lies below what was sent a moment ago, or the
// next one is being tried: a share of it would say nothing.
func TestMoreThanALimitThatIsBeingFoundOut(t *testing.T) {
	for _, tt := range []struct {
		sent     float64 // a second
		foundOut bool
		want     string
	}{
		{11.5, true, "limited by requests: about 400/min (found out)"},
		{6.8, true, "limited by requests: 100 % of about 400/min (found out) used"},
		{11.5, false, "limited by requests: 100 % of 400/min used"},
	} {
		p := paceline.Pace{Requests: paceline.Per(400, time.Minute), FoundOut: tt.foundOut}
		s := State{Stats: paceline.Stats{Requests: 1, Pace: p}, Pace: Pace{HeldBy: paceline.BottleneckRequests, Requests: tt.sent}}
		if got, _ := s.heldBack(); got != tt.want {
			t.Errorf("%+v: got %q", tt, got)
		}
	}
}

func TestRateUnit(t *testing.T) {
	for _, tt := range []struct {
		limit    paceline.Rate
		measured float64
		want     time.Duration
	}{
		{paceline.Per(500, time.Minute), 8, time.Minute},
		{paceline.Per(2, time.Second), 0.1, time.Second},
		{paceline.Per(14400, 24*time.Hour), 1, 24 * time.Hour},
		{paceline.Per(10, 10*time.Second), 1, time.Second},
		{paceline.Rate{}, 12, time.Second},
		{paceline.Rate{}, 0.2, time.Minute},
	} {
		if got := RateUnit(tt.limit, tt.measured); got != tt.want {
			t.Errorf("RateUnit(%v, %g) = %v, want %v", tt.limit, tt.measured, got, tt.want)
		}
	}
}
