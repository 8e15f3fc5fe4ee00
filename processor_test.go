package paceline

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

func TestProcessorTimeIsUsedUp(t *testing.T) {
	const start = flow.Instant(time.Hour)
	var used, idle time.Duration
	n, told := 2.0, false
	l := newLoad(start, processors{
		used: func() time.Duration { return used },
		idle: func() (time.Duration, bool) { return idle, told },
		can:  func() float64 { return n },
	})
	for _, c := range []struct {
		name  string
		at    time.Duration // since start
		used  time.Duration
		n     float64
		until time.Duration // there is none left; 0: there is
		idle  time.Duration // of the machine since the last; 0: it does not tell
	}{
		{"too soon to say", 100 * time.Millisecond, time.Second, 2, 0, 0},
		{"half of it", 250 * time.Millisecond, 250 * time.Millisecond, 2, 0, 0},
		{"nearly all of it", 500 * time.Millisecond, 705 * time.Millisecond, 2, time.Second, 0},
		{"the reading still holds", 700 * time.Millisecond, 705 * time.Millisecond, 2, time.Second, 0},
		{"little of a long time", 10 * time.Second, 2 * time.Second, 2, 0, 0},
		{"as much on more processors", 11 * time.Second, 4 * time.Second, 4, 0, 0},
		{"of fewer than one", 12 * time.Second, 4*time.Second + 480*time.Millisecond, 0.5, 12500 * time.Millisecond, 0},
		{"half, and others the rest", 13 * time.Second, 5*time.Second + 480*time.Millisecond, 2, 13500 * time.Millisecond, 50 * time.Millisecond},
		{"half, and others a quarter", 14 * time.Second, 6*time.Second + 480*time.Millisecond, 2, 0, 500 * time.Millisecond},
		{"little, and others the rest", 15 * time.Second, 6*time.Second + 580*time.Millisecond, 2, 0, 10 * time.Millisecond},
		{"half of ours, and more on others' processors", 16 * time.Second, 7*time.Second + 580*time.Millisecond, 2, 0, 9 * time.Second},
	} {
		used, n, told = c.used, c.n, c.idle > 0
		idle += c.idle
		want := flow.Instant(0)
		if c.until > 0 {
			want = start.Add(c.until)
		}
		if got := l.look(start.Add(c.at)); got != want {
			t.Errorf("%s: until %v, want %v", c.name, got.Sub(start), c.until)
		}
	}
}

// BenchmarkAttribution is what the attribution costs at each pass of the
// dispatcher, with one run.
func BenchmarkAttribution(b *testing.B) {
	e := &Engine{endpoints: make([]*endpoint, 1)}
	d := &dispatcher{
		engine: e, admission: flow.New(func() float64 { return 0 }, flow.Limits{}),
		tally: newTally(1), meter: newMeter(1, machine()),
	}
	d.runs = []*run{{tally: newTally(1), window: newWindow(10), purse: newPurse(spend{tokens: 1}, spend{})}}
	b.ReportAllocs()
	for now := flow.Instant(1); b.Loop(); now += 10_000 {
		d.attribute(now)
	}
}
