package flow

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

func TestStoreless(t *testing.T) {
	tb := table(t, titleStoreless, "No limit is given and no header tells one. A bucket of one call refuses one that comes a moment too soon, and what it does not let in while few come is lost; the network delays nothing. "+
		"Used is what was let in after the first minute, refused a share of all requests. Twenty minutes, of 20 a second five. "+
		"Calls take 1-2 s to the first token and 0.5 s of generation.")
	for _, s := range []struct {
		name   string
		limits sim.Limits
		until  time.Duration
	}{
		{"1 a second, bucket of one", sim.Limits{RPS: 1, Burst: 1}, 20 * time.Minute},
		{"5 a second, bucket of one", sim.Limits{RPS: 5, Burst: 1}, 20 * time.Minute},
		{"20 a second, bucket of one", sim.Limits{RPS: 20, Burst: 1}, 5 * time.Minute},
		{"5 in any second", sim.Limits{RPS: 5, Window: sim.SlidingWindow}, 20 * time.Minute},
	} {
		f := overSeeds(t, s.name, func(t *testing.T, seed uint64) figures {
			return measureStoreless(t, seed, s.limits, size(s.until, 2*time.Minute))
		})
		tb.Rows = append(tb.Rows,
			Row{s.name, "limit used", Percent, AtLeast(0.90), f["used"]},
			Row{s.name, "refused", Percent, AtMost(0.02), f["refused"]})
	}
}

func measureStoreless(t *testing.T, seed uint64, limits sim.Limits, until time.Duration) figures {
	r := trial{seed: seed, items: 1 << 40, until: until, phases: one(sim.Config{
		Limits: limits, Headers: sim.NoHeaders,
		TTFT: sim.MustDurations("uniform:1s,2s"), ITL: sim.MustDurations("100ms"), Tokens: sim.MustCounts("6"),
	})}.run(t)
	return figures{
		"used":    float64(r.letAfter(time.Minute)) / (float64(limits.RPS) * (until - time.Minute).Seconds()),
		"refused": refusedOf(r.arrivals),
	}
}
