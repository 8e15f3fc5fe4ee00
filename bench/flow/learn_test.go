package flow

import (
	"net/http"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

// A change is the limit on requests a minute from one phase to the next.
type change [3]int

// A bucket is a way to count, and how many seconds' worth a token bucket holds.
type bucket struct {
	count
	burst int
}

func buckets() []bucket {
	all := []bucket{
		{count{"token bucket of a second", sim.TokenBucket}, 1}, {count{"token bucket of a minute", sim.TokenBucket}, 60},
		{count{"fixed window", sim.FixedWindow}, 0}, {count{"sliding window", sim.SlidingWindow}, 0},
	}
	return size(all, all[3:])
}

func TestLearn(t *testing.T) {
	tb := table(t, titleLearn, "No limit is given. The provider allows 300 requests a minute, then 900, then 150, ten minutes each. "+
		"Used are the calls that were let in after the first minute, over what the limits allow in that time (a bucket of a minute is full after each change, which comes on top and makes more than 100 % possible); refused is a share of all requests. "+
		"Calls take 1-2 s to the first token and 0.5 s of generation.")
	limits := size(change{300, 900, 150}, change{120, 240, 60})
	for _, headers := range []struct {
		name          string
		style         sim.HeaderStyle
		used, refused float64
	}{
		{"no headers", sim.NoHeaders, 0.90, 0.02},
		{"OpenAI's headers", sim.OpenAIHeaders, 0.98, 0.001},
		{"Anthropic's headers", sim.AnthropicHeaders, 0.98, 0.001},
	} {
		for _, w := range buckets() {
			name := headers.name + ", " + w.name
			s := overSeeds(t, name, func(t *testing.T, seed uint64) figures {
				return limits.measure(t, seed, w, headers.style)
			})
			tb.Rows = append(tb.Rows,
				Row{name, "limit used", Percent, AtLeast(headers.used), s["used"]},
				Row{name, "refused", Percent, AtMost(headers.refused), s["refused"]})
		}
	}
}

// letAfter returns how many requests were let in from so long after the beginning
// on.
func (r *report) letAfter(from time.Duration) (n int) {
	for i := range r.arrivals {
		if r.arrivals[i].Status != http.StatusTooManyRequests && r.arrivals[i].At.Sub(r.began) >= from {
			n++
		}
	}
	return n
}

func (c change) measure(t *testing.T, seed uint64, w bucket, style sim.HeaderStyle) figures {
	each := size(10*time.Minute, time.Minute)
	tr := trial{seed: seed, items: 1 << 40, until: 3 * each}
	for i, rpm := range c {
		tr.phases = append(tr.phases, phase{time.Duration(i) * each, sim.Config{
			Limits:  sim.Limits{RPM: rpm, Window: w.sim, Burst: w.burst * rpm / 60},
			Headers: style,
			TTFT:    sim.MustDurations("uniform:1s,2s"), ITL: sim.MustDurations("100ms"), Tokens: sim.MustCounts("6"),
		}})
	}
	r := tr.run(t)
	allowed := float64(c[0])*(each.Minutes()-1) + float64(c[1]+c[2])*each.Minutes()
	return figures{
		"used":    float64(r.letAfter(time.Minute)) / allowed,
		"refused": float64(r.refused) / float64(len(r.arrivals)),
	}
}
