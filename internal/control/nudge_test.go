package control

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/status"
)

func TestNudgeNumber(t *testing.T) {
	for _, tt := range []struct {
		v        float64
		whole    bool
		up, down float64
	}{
		{500, false, 550, 450}, {10_000, false, 11_000, 9100}, {2, false, 2.2, 1.8}, {0.5, false, 0.55, 0.45},
		{1, true, 2, 1}, {2, true, 3, 1}, {10, true, 11, 9}, {11, true, 13, 10}, {64, true, 71, 58}, {256, true, 280, 230},
	} {
		if up, down := nudgeNumber(tt.v, tt.whole, true), nudgeNumber(tt.v, tt.whole, false); up != tt.up || down != tt.down {
			t.Errorf("%g: up to %g and down to %g, want %g and %g", tt.v, up, down, tt.up, tt.down)
		}
	}
}

// nudgeable starts a control over one endpoint in a bubble.
func nudgeable(e *heldEngine, l pool.Limits) *Control {
	l.Window = "bucket"
	e.limits = map[string]paceline.Limits{}
	return Start(e, status.Facts{Total: 100}, []pool.Endpoint{{Name: "1", Limits: l}}, Models{}, nil)
}

func TestFasterAndSlowerMoveTheLimitThatHolds(t *testing.T) {
	minutely := func(n float64) paceline.Rate { return paceline.Per(n, time.Minute) }
	for _, tt := range []struct {
		name  string
		given pool.Limits
		pace  paceline.Pace
		do    string
		said  string
		error string
		want  paceline.Limits // zero: unchanged
	}{
		{name: "requests", given: pool.Limits{RPM: 500, Concurrency: 9}, do: "faster",
			pace: paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: minutely(500), InFlight: 9},
			said: "limit on requests: 500/min -> 550/min", want: paceline.Limits{Requests: minutely(550), InFlight: 9}},
		{name: "by the second", given: pool.Limits{RPS: 2}, do: "slower",
			pace: paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: paceline.Per(2, time.Second)},
			said: "limit on requests: 2/s -> 1.80/s", want: paceline.Limits{Requests: paceline.Per(1.8, time.Second)}},
		{name: "tokens", given: pool.Limits{RPM: 500, TPM: 2e6}, do: "faster",
			pace: paceline.Pace{LimitedBy: paceline.BottleneckTokens, Tokens: minutely(2e6)},
			said: "limit on tokens: 2.00M/min -> 2.20M/min", want: paceline.Limits{Requests: minutely(500), Tokens: minutely(2.2e6)}},
		{name: "money", given: pool.Limits{USDPerHour: 5}, do: "slower",
			pace: paceline.Pace{LimitedBy: paceline.BottleneckMoney, Money: paceline.Per(5, time.Hour)},
			said: "limit on money: $5.00/h -> $4.50/h", want: paceline.Limits{Money: paceline.Per(4.5, time.Hour)}},
		{name: "calls in flight", given: pool.Limits{Concurrency: 64}, do: "faster",
			pace: paceline.Pace{LimitedBy: paceline.BottleneckConcurrency, InFlight: 64},
			said: "limit on calls in flight: 64 -> 71", want: paceline.Limits{InFlight: 71}},
		{name: "told by the server", do: "faster", pace: paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: minutely(300)},
			error: "the limit on requests, 300/min, is the server's own and is followed; there is nothing to raise"},
		{name: "told by the server, lowered", do: "slower", pace: paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: minutely(300)},
			said: "limit on requests: 300/min -> 270/min", want: paceline.Limits{Requests: minutely(270)}},
		{name: "adapted", do: "faster", pace: paceline.Pace{LimitedBy: paceline.BottleneckConcurrency, InFlight: 64},
			error: "calls in flight adapt to what the server bears, 64 now; 'paceline ctl set concurrency=N' fixes them"},
		{name: "nothing in the way", do: "faster", pace: paceline.Pace{InFlight: 64},
			error: "no limit holds the run back that could be raised (nothing in the way)"},
		{name: "nothing in the way, slower", given: pool.Limits{Concurrency: 64}, do: "slower", pace: paceline.Pace{InFlight: 64},
			said: "limit on calls in flight: 64 -> 18", want: paceline.Limits{InFlight: 18}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &heldEngine{stats: paceline.Stats{Requests: 50, Done: 30, InFlight: 20, Pace: tt.pace}}
				c := nudgeable(e, tt.given)
				defer c.Close()
				a := c.Order(Order{Do: tt.do})
				if a.Said != tt.said || a.Error != tt.error || e.limits["1"] != tt.want {
					t.Errorf("said %q, error %q, set %+v", a.Said, a.Error, e.limits["1"])
				}
			})
		})
	}
}

// A limit of the server's that was lowered goes back to what it was, and no
// further.
func TestRaisingWhatWasLoweredEndsWithTheServersOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &heldEngine{stats: paceline.Stats{Requests: 9, Pace: paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: paceline.Per(300, time.Minute)}}}
		c := nudgeable(e, pool.Limits{})
		defer c.Close()
		for _, step := range []struct{ do, said string }{
			{"slower", "limit on requests: 300/min -> 270/min"},
			{"slower", "limit on requests: 270/min -> 250/min"},
			{"faster", "limit on requests: 250/min -> 280/min"},
			{"faster", "limit on requests: 280/min -> auto, as before"},
			{"faster", ""},
		} {
			if a := c.Order(Order{Do: step.do}); a.Said != step.said || (a.Error == "") != (step.said != "") {
				t.Errorf("%s: said %q, error %q; want %q", step.do, a.Said, a.Error, step.said)
			}
		}
		if got := e.limits["1"]; got != (paceline.Limits{}) {
			t.Errorf("at the end %+v is given", got)
		}
		c.Order(Order{Do: "slower"})
		c.Order(Order{Do: "set", Limits: map[string]string{"rpm": "270"}}) // now it is somebody's wish
		if a := c.Order(Order{Do: "faster"}); a.Said != "limit on requests: 270/min -> 300/min" {
			t.Errorf("said %q, error %q", a.Said, a.Error)
		}
	})
}

func TestNudgesReachEveryEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, c := controlledPool(t)
		defer c.Close()
		e.stats.Requests = 50
		e.stats.Pace = paceline.Pace{LimitedBy: paceline.BottleneckRequests, Requests: paceline.Per(900, time.Minute)}
		if a := c.Order(Order{Do: "slower"}); a.Said != "limit on requests: 1,050/min -> 960/min" {
			t.Errorf("said %q, error %q", a.Said, a.Error)
		}
		if one, two := e.limits["one"].Requests, e.limits["2"].Requests; one != paceline.Per(550, time.Minute) || two != paceline.Per(410, time.Minute) {
			t.Errorf("set %v and %v", one, two)
		}
	})
}
