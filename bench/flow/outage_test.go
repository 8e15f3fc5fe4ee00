package flow

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// The outage begins in mid-run, lasts an hour, and is to be known after a
// while.
const (
	outageFrom = 100 * time.Second
	outageTo   = outageFrom + time.Hour
	noticed    = 15 * time.Second
)

// pace returns how many calls a second there are before and after.
func pace() int { return size(50, 5) }

func TestOutage(t *testing.T) {
	tb := table(t, titleOutage, "10,000 items at 50 a second; after 100 s the provider is down for an hour. "+
		"A storm is counted from 15 s after the beginning. Back is the time from the end of the outage to the arrival of the first call that was answered, "+
		"in full swing that to the first second with nine tenths of the pace.")
	faults := []struct{ name, sim string }{{"503", "503"}, {"connections reset", "reset"}, {"every call hangs", "hang"}}
	for _, fault := range size(faults, faults[:1]) {
		s := overSeeds(t, fault.name, func(t *testing.T, seed uint64) figures { return measureOutage(t, seed, fault.sim) })
		tb.Rows = append(tb.Rows,
			Row{fault.name, "items not done", Count, AtMost(0), s["undone"]},
			Row{fault.name, "requests in the worst second", Count, AtMost(1), s["storm"]},
			Row{fault.name, "requests in the first 15 s", Count, None(), s["noticing"]},
			Row{fault.name, "back after", Seconds, AtMost(5), s["back"]},
			Row{fault.name, "in full swing after", Seconds, AtMost(5), s["swing"]})
	}
}

func measureOutage(t *testing.T, seed uint64, fault string) figures {
	well := sim.Config{TTFT: sim.MustDurations("uniform:0.5s,1.5s"), ITL: sim.MustDurations("50ms"), Tokens: sim.MustCounts("10")}
	down := well
	down.Outages = []sim.Outage{{From: 0, To: 1000 * time.Hour, Fault: fault}}
	r := trial{
		seed: seed, items: size[int64](10_000, 600), mayFail: true,
		phases: []phase{{0, well}, {outageFrom, down}, {outageTo, well}},
		cfg:    paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(float64(pace()), time.Second), InFlight: 500}},
	}.run(t)
	bySecond := map[time.Duration]int{}
	f := figures{"undone": float64(r.items - r.sum.Done), "storm": 0, "noticing": 0, "back": 3600, "swing": 3600}
	for i := range r.arrivals {
		since := r.arrivals[i].At.Sub(r.began)
		switch {
		case since >= outageFrom && since < outageFrom+noticed:
			f["noticing"]++
		case since >= outageFrom && since < outageTo:
			bySecond[since/time.Second]++
			f["storm"] = max(f["storm"], float64(bySecond[since/time.Second]))
		case since >= outageTo && r.arrivals[i].Complete:
			f["back"] = min(f["back"], (since - outageTo).Seconds())
		}
	}
	f["swing"] = r.swing(outageTo).Seconds()
	return f
}

// swing returns how long after from the first second begins that has nine
// tenths of the pace.
func (r *report) swing(from time.Duration) time.Duration {
	for i := range r.arrivals {
		at := r.arrivals[i].At
		last := i + pace()*9/10 - 1
		if at.Sub(r.began) >= from && last < len(r.arrivals) && r.arrivals[last].At.Sub(at) <= time.Second {
			return at.Sub(r.began) - from
		}
	}
	return time.Hour
}
