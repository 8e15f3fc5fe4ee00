package flow

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// A count is a way in which a server counts.
type count struct {
	name string
	sim  sim.Window
}

// counts returns the ways in which servers count.
func counts() []count {
	all := []count{{"token bucket", sim.TokenBucket}, {"fixed window", sim.FixedWindow}, {"sliding window", sim.SlidingWindow}}
	return size(all, all[2:])
}

const strictText = "The theoretical time is that of the last start under a limit of n in any window: " +
	"⌊(calls − 1) / n⌋ windows after the first. Used is the theoretical time over the one from the first arrival at the server to the last of a call that was let in (hedges left out). " +
	"Between windows is the same from the middle of the first window's arrivals to that of the last whole one's: connecting, which spreads the first, does not count in it."

// lastStart returns how long after the first the last of so many calls may
// start under a limit of n in any window.
func lastStart(calls int64, n int, window time.Duration) time.Duration {
	return time.Duration((calls-1)/int64(n)) * window
}

func TestStrictTen(t *testing.T) {
	tb := table(t, titleStrictTen, "Strictly 2 calls a second, calls of 2-5 s, 10 calls. "+
		"The last of ten calls may start 4 s after the first. Late is how much later it reached the server.")
	for _, w := range counts() {
		s := overSeeds(t, w.name, func(t *testing.T, seed uint64) figures {
			r := trial{
				seed:   seed,
				phases: one(sim.Config{Limits: sim.Limits{RPS: 2, Window: w.sim}, Headers: sim.NoHeaders, TTFT: sim.MustDurations("uniform:2s,5s")}),
				cfg:    paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(2, time.Second), Window: paceline.Strict}},
				items:  10,
			}.run(t)
			return figures{"late": (r.span() - 4*time.Second).Seconds(), "refused": float64(r.refused)}
		})
		tb.Rows = append(tb.Rows,
			Row{w.name, "last call late by", Millis, AtMost(0.010), s["late"]},
			Row{w.name, "refused", Count, AtMost(0), s["refused"]})
	}
}

// strictLimit is a limit on requests and how many calls are made under it.
type strictLimit struct {
	n      int
	window time.Duration
	calls  int64
}

func (l strictLimit) String() string {
	if l.window == time.Minute {
		return fmt.Sprintf("%s a minute", Count(float64(l.n)))
	}
	return fmt.Sprintf("%s a second", Count(float64(l.n)))
}

func (l strictLimit) server(w sim.Window) sim.Limits {
	if l.window == time.Minute {
		return sim.Limits{RPM: l.n, Window: w}
	}
	return sim.Limits{RPS: l.n, Window: w}
}

func (l strictLimit) config() paceline.Config {
	return paceline.Config{Limits: paceline.Limits{
		Requests: paceline.Per(float64(l.n), l.window), Window: paceline.Strict,
		InFlight: 2*l.n + 100, // so that the limit on requests is the one that holds
	}}
}

// strict measures limits against each kind of window.
func strict(t *testing.T, tb *Table, delay sim.Durations, used float64, limits ...strictLimit) {
	for _, l := range limits {
		for _, w := range counts() {
			name := l.String() + ", " + w.name
			s := overSeeds(t, name, func(t *testing.T, seed uint64) figures { return l.measure(t, seed, w.sim, delay) })
			tb.Rows = append(tb.Rows,
				Row{name, "limit used", Percent, AtLeast(used), s["used"]},
				Row{name, "between windows", Percent, NoneButMore(), s["between"]},
				Row{name, "refused of " + Count(float64(l.calls)), Count, AtMost(0), s["refused"]})
		}
	}
}

func (l strictLimit) measure(t *testing.T, seed uint64, w sim.Window, delay sim.Durations) figures {
	r := trial{
		seed:   seed,
		phases: one(sim.Config{Limits: l.server(w), Headers: sim.NoHeaders, TTFT: sim.MustDurations("uniform:0.5s,1s"), Tokens: sim.MustCounts("2")}),
		delay:  delay,
		cfg:    l.config(),
		items:  l.calls,
	}.run(t)
	return figures{
		"used":    float64(lastStart(l.calls, l.n, l.window)) / float64(r.span()),
		"between": l.between(r),
		"refused": float64(r.refused),
	}
}

// perSecond are the limits of one-second windows.
func perSecond() []strictLimit {
	return size([]strictLimit{
		{2, time.Second, 10_000}, {20, time.Second, 10_000}, {200, time.Second, 10_000}, {2_000, time.Second, 10_000},
	}, []strictLimit{{2, time.Second, 21}, {20, time.Second, 201}, {200, time.Second, 601}})
}

var jitter = sim.MustDurations("uniform:0s,20ms")

// between returns how much of the limit was used from the middle of the first
// window's arrivals to that of the last whole one's.
func (l strictLimit) between(r *report) float64 {
	let := r.let()
	last := len(let)/l.n - 1
	middle := func(k int) time.Time { return let[k*l.n+l.n/2] }
	return float64(time.Duration(last)*l.window) / float64(middle(last).Sub(middle(0)))
}

func TestStrictEven(t *testing.T) {
	strict(t, table(t, titleStrictEven, strictText), sim.Durations{}, 0.995, perSecond()...)
}

func TestStrictJitter(t *testing.T) {
	strict(t, table(t, titleStrictJitter, strictText), jitter, 0.97, perSecond()...)
}

func TestStrictMinute(t *testing.T) {
	strict(t, table(t, titleStrictMinute, strictText), jitter, 0.995,
		size([]strictLimit{{120, time.Minute, 10_000}, {1_200, time.Minute, 10_000}}, []strictLimit{{120, time.Minute, 361}})...)
}
