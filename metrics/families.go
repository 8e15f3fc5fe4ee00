package metrics

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-1814a72b/paceline"
)

// A family is all series of one name. docs/metrics.md lists them.
type family struct {
	name, help string
	labels     []string
	kind       prometheus.ValueType
	read       func(s *scrape, add func(value float64, labels ...string))

	// Of a histogram, instead of kind and read.
	distribution func(*scrape) paceline.Distribution
	bounds       []float64
}

// families is every metric that there is, but for those of the process and of Go.
var families = join(itemFamilies, requestFamilies, usageFamilies, latencyFamilies, stateFamilies, limitFamilies)

func join(lists ...[]family) (all []family) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func counter(name, help string, read func(*scrape) int64) family {
	return family{name: name, help: help, kind: prometheus.CounterValue, read: func(s *scrape, add func(float64, ...string)) {
		add(float64(read(s)))
	}}
}

func gauge(name, help string, read func(*scrape) float64) family {
	return family{name: name, help: help, kind: prometheus.GaugeValue, read: func(s *scrape, add func(float64, ...string)) {
		add(read(s))
	}}
}

// known is gauge for what may be unknown, which is told by 0 and left out.
func known(name, help string, read func(*scrape) float64) family {
	return family{name: name, help: help, kind: prometheus.GaugeValue, read: func(s *scrape, add func(float64, ...string)) {
		if v := read(s); v != 0 {
			add(v)
		}
	}}
}

var itemFamilies = []family{
	{
		name: "paceline_items_total", labels: []string{"status"}, kind: prometheus.CounterValue,
		help: "Items that have ended, by how: done, failed, invalid, truncated, filtered or refused.",
		read: func(s *scrape, add func(float64, ...string)) {
			for status, n := range map[paceline.Status]int64{
				paceline.StatusDone: s.Done, paceline.StatusFailed: s.Failed, paceline.StatusInvalid: s.Invalid,
				paceline.StatusTruncated: s.Truncated, paceline.StatusFiltered: s.Filtered, paceline.StatusRefused: s.Refused,
			} {
				add(float64(n), status.String())
			}
		},
	},
	counter("paceline_items_resumed_total", "Items that had their row already when they were read.",
		func(s *scrape) int64 { return s.Resumed }),
	known("paceline_items_expected", "Items that there are in all, those done earlier included; absent where nobody knows.",
		func(s *scrape) float64 { return float64(s.facts.Expected) }),
}

var latencyFamilies = []family{
	{
		name:         "paceline_first_token_seconds",
		help:         "Time from sending a request to its first content, of those that were answered.",
		distribution: func(s *scrape) paceline.Distribution { return s.FirstTokens }, bounds: firstTokenBounds,
	},
	{
		name:         "paceline_request_duration_seconds",
		help:         "Time from sending a request to its last byte, of those that were answered.",
		distribution: func(s *scrape) paceline.Distribution { return s.Totals }, bounds: durationBounds,
	},
}

var stateFamilies = []family{
	gauge("paceline_in_flight", "Requests that were sent and have not ended.",
		func(s *scrape) float64 { return float64(s.InFlight) }),
	gauge("paceline_waiting", "Calls that wait for admission, or for the budget.",
		func(s *scrape) float64 { return float64(s.Waiting) }),
	gauge("paceline_paused_seconds", "For how long nothing will start because the server said so, or nothing answers.",
		func(s *scrape) float64 { return s.Pace.PausedFor.Seconds() }),
	{
		name: "paceline_endpoint_up", labels: []string{"endpoint"}, kind: prometheus.GaugeValue,
		help: "1 if the endpoint takes calls, 0 if it does not answer or was taken out of the pool.",
		read: func(s *scrape, add func(float64, ...string)) {
			for _, e := range s.Pace.Endpoints {
				up := 1.0
				if e.Down || e.Out != nil {
					up = 0
				}
				add(up, e.Name)
			}
		},
	},
	{
		name: "paceline_limited_seconds_total", labels: []string{"by"}, kind: prometheus.CounterValue,
		help: "For how long each cause has held the run back; each moment counts for exactly one.",
		read: func(s *scrape, add func(float64, ...string)) {
			for b, d := range s.Limited {
				add(d.Seconds(), bottleneckLabel(paceline.Bottleneck(b)))
			}
		},
	},
	counter("paceline_events_lost_total", "Events that an observer was too slow for. No metric is made of events.",
		func(s *scrape) int64 { return s.EventsLost }),
	{
		name: "paceline_build_info", labels: []string{"version", "goversion"}, kind: prometheus.GaugeValue,
		help: "1, with the version of the program and of Go.",
		read: func(s *scrape, add func(float64, ...string)) {
			if s.facts.Version != "" {
				add(1, s.facts.Version, runtime.Version())
			}
		},
	},
}

func bottleneckLabel(b paceline.Bottleneck) string {
	if b == paceline.BottleneckNone {
		return "none"
	}
	return b.String()
}
