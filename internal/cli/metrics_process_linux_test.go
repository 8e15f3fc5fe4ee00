package cli

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
)

// TestTheProcessTellsWhatEveryProgramDoes compares names, words and values.
func TestTheProcessTellsWhatEveryProgramDoes(t *testing.T) {
	usual := gathered(t, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	maps.DeleteFunc(usual, func(name string, _ *dto.MetricFamily) bool { return strings.HasPrefix(name, "process_network_") })
	own := gathered(t, newProcessCollector())
	if got, want := slices.Sorted(maps.Keys(own)), slices.Sorted(maps.Keys(usual)); !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for name, want := range usual {
		got := own[name]
		if got.GetHelp() != want.GetHelp() || got.GetType() != want.GetType() {
			t.Errorf("%s: %s, %v; want %s, %v", name, got.GetHelp(), got.GetType(), want.GetHelp(), want.GetType())
		}
		if a, b := valueOf(got), valueOf(want); name != "process_cpu_seconds_total" && math.Abs(a-b) > 0.5*b {
			t.Errorf("%s: %v, want about %v", name, a, b)
		}
	}
}

func gathered(t *testing.T, c prometheus.Collector) map[string]*dto.MetricFamily {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	list, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	families := map[string]*dto.MetricFamily{}
	for _, f := range list {
		families[f.GetName()] = f
	}
	return families
}

func valueOf(f *dto.MetricFamily) float64 {
	m := f.GetMetric()[0]
	return m.GetGauge().GetValue() + m.GetCounter().GetValue()
}
