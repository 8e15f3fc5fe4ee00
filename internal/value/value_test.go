package value

import (
	"strings"
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	tests := []struct {
		in   string
		want int64
		err  string
	}{
		{"1", 1, ""}, {"500", 500, ""}, {"10k", 10_000, ""}, {"10K", 10_000, ""}, {"1.5M", 1_500_000, ""},
		{"2M", 2_000_000, ""}, {"1_000", 1000, ""}, {"1e3", 1000, ""}, {"1.0001k", 0, "not a whole number"},
		{"0", 0, "too small; the least is 1"}, {"-3", 0, "too small"}, {"", 0, "not a whole number"},
		{"ten", 0, "not a whole number"}, {"1e300", 0, "not a whole number"}, {"NaN", 0, "not a whole number"},
	}
	for _, tt := range tests {
		var got int64
		checkSet(t, Count{To: &got, Min: 1}.Set(tt.in), tt.in, tt.err)
		if tt.err == "" && got != tt.want {
			t.Errorf("count %q = %d, want %d", tt.in, got, tt.want)
		}
	}
}

func TestCountHasAMost(t *testing.T) {
	got := int64(3)
	c := Count{To: &got, Min: 1, Max: 10_000}
	checkSet(t, c.Set("10001"), "10001", `"10001" is too large; the most is 10,000`)
	if got != 3 {
		t.Errorf("what is refused was taken: %d", got)
	}
	checkSet(t, c.Set("10k"), "10k", "")
}

func TestQuantity(t *testing.T) {
	tests := []struct {
		in   string
		want float64
		err  string
	}{
		{"0.5", 0.5, ""}, {"2", 2, ""}, {"10k", 10_000, ""}, {"0.1k", 100, ""},
		{"0", 0, "not a number above 0"}, {"-1", 0, "not a number above 0"}, {"x", 0, "not a number above 0"},
		{"Inf", 0, "not a number above 0"}, {"1k2", 0, "not a number above 0"},
		{"0.001", 0.001, ""}, {"1000G", 1e12, ""}, {"1e-6", 0, "too small"}, {"1e99", 0, "too large"},
	}
	for _, tt := range tests {
		var got float64
		checkSet(t, Quantity{&got}.Set(tt.in), tt.in, tt.err)
		if tt.err == "" && got != tt.want {
			t.Errorf("quantity %q = %g, want %g", tt.in, got, tt.want)
		}
	}
}

func TestDuration(t *testing.T) {
	tests := []struct {
		in   string
		want time.Duration
		err  string
	}{
		{"10", 10 * time.Second, ""}, {"0.5", 500 * time.Millisecond, ""}, {"1m30s", 90 * time.Second, ""},
		{"auto", 0, ""}, {"off", -1, ""}, {"0", 0, "not a duration above 0"}, {"-1s", 0, "not a duration above 0"},
		{"soon", 0, "or auto, or off"}, {"1e99", 0, "not a duration"}, {"NaN", 0, "not a duration"},
	}
	for _, tt := range tests {
		var got time.Duration
		checkSet(t, Duration{&got, map[string]time.Duration{"auto": 0, "off": -1}}.Set(tt.in), tt.in, tt.err)
		if tt.err == "" && got != tt.want {
			t.Errorf("duration %q = %v, want %v", tt.in, got, tt.want)
		}
	}
}

func TestChoiceNamesWhatIsAllowed(t *testing.T) {
	got := "jsonl"
	c := &Choice{&got, []string{"jsonl", "batch"}}
	checkSet(t, c.Set("xml"), "xml", "it is one of jsonl, batch")
	checkSet(t, c.Set("batch"), "batch", "")
	if got != "batch" {
		t.Errorf("choice = %q", got)
	}
}

// checkSet fails the test unless err contains want, or is nil if want is "".
func checkSet(t *testing.T, err error, in, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%q: %v", in, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%q: error %v, want %q", in, err, want)
	}
}

func TestOnceTakesNoSecondValue(t *testing.T) {
	var n int64
	v := &Once{Value: Count{To: &n, Min: 1}}
	for _, s := range []string{"1k", "1000", "1_000"} {
		if err := v.Set(s); err != nil || n != 1000 {
			t.Errorf("%s: %v", s, err)
		}
	}
	if err := v.Set("2k"); err == nil || err.Error() != "is given twice, 1_000 and 2k; give it once" {
		t.Errorf("another one: %v", err)
	}
	if err := v.Set("0"); err == nil || err.Error() == "is given twice, 1_000 and 0; give it once" {
		t.Errorf("what is no value is said first: %v", err)
	}
}
