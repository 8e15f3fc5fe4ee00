package flow

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestSampleQuantiles(t *testing.T) {
	s := Sample{5, 1, 4, 2, 3}
	for q, want := range map[float64]float64{0: 1, 0.2: 1, 0.5: 3, 0.95: 5, 1: 5} {
		if got := s.Quantile(q); got != want {
			t.Errorf("quantile %g is %g, want %g", q, got, want)
		}
	}
	if !math.IsNaN(Sample(nil).Quantile(0.5)) {
		t.Error("no seeds have a median")
	}
}

func TestSpreadCountsFromTheBetterEnd(t *testing.T) {
	s := make(Sample, 20)
	for i := range s {
		s[i] = float64(i + 1)
	}
	if m, p, w := AtMost(0).spread(s); m != 10 || p != 19 || w != 20 {
		t.Errorf("less is better: %g, %g, %g", m, p, w)
	}
	if m, p, w := AtLeast(0).spread(s); m != 11 || p != 2 || w != 1 {
		t.Errorf("more is better: %g, %g, %g", m, p, w)
	}
}

func TestGoals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		goal   Goal
		sample Sample
		met    bool
	}{
		{"every seed reaches it", AtLeast(0.99), Sample{0.99, 1}, true},
		{"one seed does not", AtLeast(0.99), Sample{1, 1, 1, 0.98}, false},
		{"none above", AtMost(0), Sample{0, 0}, true},
		{"one above", AtMost(0), Sample{0, 1}, false},
		{"median and tail", Median(0.05, 0.15), Sample{0.01, 0.04, 0.15}, true},
		{"median too high", Median(0.05, 0.15), Sample{0.01, 0.06, 0.10}, false},
		{"tail too long", Median(0.05, 0.15), Sample{0.01, 0.04, 0.16}, false},
		{"not a number", AtMost(1), Sample{math.NaN()}, false},
		{"no seed at all", AtMost(1), nil, false},
		{"no goal", None(), Sample{7}, true},
	} {
		if met := tt.goal.Met(tt.sample); met != tt.met {
			t.Errorf("%s: met is %t", tt.name, met)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		format Format
		v      float64
		want   string
	}{
		{Count, 1234567, "1,234,567"}, {Count, 0, "0"}, {Count, -1000, "-1,000"}, {Count, 999, "999"},
		{Percent, 0.998004, "99.8 %"}, {Percent, 0.0003, "0.03 %"}, {Percent, -0.053, "-5.3 %"},
		{Seconds, 31.757, "31.76 s"}, {Seconds, 4234.1, "4234 s"}, {Millis, 0.008, "8 ms"}, {Micros, 1.34e-7, "0.134 µs"},
	} {
		if got := tt.format(tt.v); got != tt.want {
			t.Errorf("%g reads %q, want %q", tt.v, got, tt.want)
		}
	}
}

func ExampleTable() {
	t := Table{Title: titleHangs, Command: "go test ./bench/flow", Text: "What is measured.", Rows: []Row{
		{"1 % hang", "over the ideal", Percent, Median(0.05, 0.15), Sample{0.01, 0.02, 0.16}},
		{"1 % hang", "makespan", Seconds, None(), Sample{31.2, 32, 33}},
	}}
	fmt.Println(t.Markdown())
	// Output:
	// ### Stuck calls
	//
	// What is measured.
	//
	//     go test ./bench/flow
	//
	// | scenario | figure | target | median | 95 % | worst | seeds | |
	// |---|---|---|---|---|---|---|---|
	// | 1 % hang | over the ideal | ≤ 5 %, 95 %: ≤ 15 % | 2 % | 16 % | 16 % | 3 | **short** |
	// |  | makespan |  | 32 s | 33 s | 33 s | 3 |  |
}

func TestMergeReplacesWhatWasMeasured(t *testing.T) {
	hangs := &Table{Title: titleHangs, Text: "first"}
	outage := &Table{Title: titleOutage, Text: "kept"}
	page, err := Merge("# Page\n"+Begin+End+"\nfoot\n", []*Table{outage, hangs})
	if err != nil {
		t.Fatal(err)
	}
	page, err = Merge(page, []*Table{{Title: titleHangs, Text: "second"}})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Merge(page, nil)
	if err != nil || again != page {
		t.Errorf("nothing new changes the page: %v", err)
	}
	if strings.Contains(page, "first") || !strings.HasPrefix(page, "# Page\n") || !strings.HasSuffix(page, "\nfoot\n") {
		t.Errorf("got %q", page)
	}
	if hang, out := strings.Index(page, "second"), strings.Index(page, "kept"); hang < 0 || out < hang {
		t.Errorf("the tables are not in the page's order: %q", page)
	}
}

func TestPartial(t *testing.T) {
	tb := &Table{Rows: []Row{{Scenario: "asked for", Sample: Sample{1}}, {Scenario: "not asked for"}}}
	if m := tb.Measured(); !tb.Partial() || m.Partial() || len(m.Rows) != 1 || len(tb.Rows) != 2 {
		t.Errorf("of %v %v is measured", tb.Rows, m.Rows)
	}
}

func TestMergeRefuses(t *testing.T) {
	for name, page := range map[string]string{
		"no markers":    "# Page\n",
		"no end":        Begin,
		"unknown table": Begin + "\n### Gone\n\ntext\n" + End,
	} {
		if _, err := Merge(page, nil); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
}
