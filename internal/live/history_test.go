package live

import (
	"testing"
	"time"
)

// TestHistoryHasTheRightSpeeds counts up by the number of each second, so that
// the speed of each span tells which one it is.
func TestHistoryHasTheRightSpeeds(t *testing.T) {
	for _, tt := range []struct {
		seconds, columns int
		span, columnsHad int
		first, last      float64
	}{
		{0, 30, 1, 0, 0, 0},
		{1, 30, 1, 1, 0, 0},
		{29, 30, 1, 29, 0, 28},
		{31, 30, 2, 15, 0.5, 28.5},
		{75, 30, 5, 15, 2, 72},
		{299, 30, 10, 29, 4.5, 284.5},
		{5000, 30, 20, 30, 4409.5, 4989.5},
	} {
		var h history
		total := int64(0)
		for ms := 0; ms <= tt.seconds*1000+100; ms += 200 {
			if ms%1000 == 0 && ms > 0 {
				total += int64(ms/1000 - 1)
			}
			h.observe(time.Duration(ms)*time.Millisecond, total)
		}
		got, span := h.speeds(tt.columns)
		if span != tt.span || len(got) != tt.columnsHad {
			t.Errorf("after %d s: %d columns of %d s, want %d of %d s", tt.seconds, len(got), span, tt.columnsHad, tt.span)
			continue
		}
		if len(got) > 0 && (got[0] != tt.first || got[len(got)-1] != tt.last) {
			t.Errorf("after %d s: from %g to %g, want %g to %g", tt.seconds, got[0], got[len(got)-1], tt.first, tt.last)
		}
		if len(h.counts) > historyKept+60 {
			t.Errorf("%d counts are kept", len(h.counts))
		}
	}
}

// A run that was not looked at for a while (its process was stopped) has seconds
// without a count of their own.
func TestHistoryBridgesGaps(t *testing.T) {
	var h history
	h.observe(0, 0)
	h.observe(4*time.Second, 80)
	h.observe(5*time.Second, 100)
	if got, _ := h.speeds(30); len(got) != 5 || got[0] != 80 || got[4] != 20 {
		t.Errorf("got %v", got)
	}
}

func TestSparkline(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		width  int
		want   string
	}{
		{nil, 8, ""},
		{[]float64{0, 0}, 8, "▁▁"},
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, 8, "▁▂▃▄▅▆▇█"},
		{[]float64{700, 5, 0}, 2, "█▁"}, // what is out of sight does not press the rest down
		{[]float64{1e9, 1e9}, 8, "██"},
	} {
		if got := glyphsOf(false).sparkline(tt.values, tt.width); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.values, got, tt.want)
		}
	}
	if got := glyphsOf(true).sparkline([]float64{0, 7}, 8); got != "_@" {
		t.Errorf("in ASCII %q", got)
	}
}

func TestBar(t *testing.T) {
	for _, tt := range []struct {
		share float64
		want  string
	}{{0, "──────────"}, {0.001, "╸─────────"}, {0.25, "━━╸───────"}, {0.999, "━━━━━━━━━╸"}, {1, "━━━━━━━━━━"}, {3, "━━━━━━━━━━"}} {
		if got := glyphsOf(false).bar(tt.share, 10, stylePlain).text(false); got != tt.want {
			t.Errorf("%g: %s, want %s", tt.share, got, tt.want)
		}
	}
}
