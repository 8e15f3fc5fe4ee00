package report

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-1814a72b/paceline/journal"
)

var start = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

// drawTimeline makes sessions with gaps between them, and perhaps times before all
// of them, as a rewrite by an older version leaves them.
func drawTimeline(t *rapid.T) *timeline {
	var line timeline
	if rapid.Bool().Draw(t, "older") {
		line.see(start.Add(-time.Duration(rapid.IntRange(1, 1e6).Draw(t, "ago")) * time.Millisecond))
		line.see(start.Add(-time.Duration(rapid.IntRange(1, 1e6).Draw(t, "ago")) * time.Millisecond))
	}
	at := start
	for range rapid.IntRange(1, 60).Draw(t, "sessions") {
		line.session(journal.Session{Began: at})
		at = at.Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "length")) * time.Millisecond)
		line.see(at)
		at = at.Add(time.Duration(rapid.IntRange(0, 1e8).Draw(t, "gap")) * time.Millisecond)
	}
	line.lay()
	return &line
}

func TestTheAxisIsTheRunningTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := drawTimeline(t)
		sum := 0.0
		for i := range line.spans {
			s := &line.spans[i]
			if math.Abs(s.x-sum) > 1e-6 {
				t.Fatalf("session %d begins at %v, after %v s", i, s.x, sum)
			}
			if x, ok := line.x(s.began); !ok || math.Abs(x-s.x) > 1e-6 && i > 0 && !s.began.Equal(line.spans[i-1].ended) {
				t.Fatalf("its beginning lies at %v, not at %v", x, s.x)
			}
			sum += s.seconds()
		}
		if math.Abs(line.running()-sum) > 1e-6 {
			t.Fatalf("it ran for %v s, not %v", line.running(), sum)
		}
	})
}

func TestAGridCoversTheAxisOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := drawTimeline(t)
		most := rapid.IntRange(5, 400).Draw(t, "most")
		g := line.grid(most, 0.1)
		if n := g.n(); n > most+manySpans+1 || n < 1 && line.running() > 0 {
			t.Fatalf("%d steps, %d wanted", n, most)
		}
		if g.n() == 0 {
			return
		}
		whole := 0.0
		for i := range g.n() {
			from, to := g.bounds(i)
			if to < from || i > 0 && from < g.begins[i-1] {
				t.Fatalf("step %d from %v to %v", i, from, to)
			}
			if to > from && g.of((from+to)/2) != i {
				t.Fatalf("the middle of step %d lies in %d", i, g.of((from+to)/2))
			}
			whole += to - from
		}
		if math.Abs(whole-line.running()) > 1e-6 {
			t.Fatalf("the steps are %v s of %v", whole, line.running())
		}
		from := rapid.Float64Range(0, line.running()).Draw(t, "from")
		to := rapid.Float64Range(from, line.running()).Draw(t, "to")
		spread := 0.0
		g.spread(from, to, func(_ int, s float64) { spread += s })
		if math.Abs(spread-(to-from)) > 1e-6 {
			t.Fatalf("%v s of %v to %v are spread", spread, from, to)
		}
	})
}

func TestTimesOfAnOlderRewriteLieBeforeTheFirstSession(t *testing.T) {
	var line timeline
	line.see(start.Add(-time.Hour))
	line.session(journal.Session{Began: start})
	line.see(start.Add(time.Minute))
	line.see(start.Add(-time.Hour + 10*time.Second))
	line.lay()
	if len(line.spans) != 2 || line.running() != 70 {
		t.Fatalf("%+v", line.spans)
	}
	if x, _ := line.x(start.Add(30 * time.Second)); x != 40 {
		t.Errorf("half a minute after the beginning lies at %v", x)
	}
}

func TestAClockThatWasSetBackMakesNoSessionBeforeAnother(t *testing.T) {
	var line timeline
	line.session(journal.Session{Began: start})
	line.see(start.Add(time.Minute))
	line.session(journal.Session{Began: start.Add(-time.Hour)})
	line.see(start.Add(2 * time.Minute))
	line.lay()
	if got := line.running(); got != 120 {
		t.Errorf("it ran for %v s", got)
	}
}
