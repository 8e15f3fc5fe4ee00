package processor

import (
	"testing"
	"time"
)

func TestIdle(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"350735.47 234388.90\n": 234388*time.Second + 900*time.Millisecond,
		"12.00 0.00":            0, "": 0, "1.0": 0, "a b": 0,
	} {
		if got, ok := parseIdle(text); got != want && ok || ok != (want > 0) {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}

func TestQuotaIsTheLowestOfTheGroups(t *testing.T) {
	for _, c := range []struct {
		own   string
		files map[string]string
		want  float64
	}{
		{"0::/\n", map[string]string{"/": "150000 100000\n"}, 1.5},
		{"0::/\n", map[string]string{"/": "max 100000\n"}, 0},
		{"0::/\n", nil, 0},
		{"0::/a/b\n", map[string]string{"/a/b": "max 100000", "/a": "50000 100000", "/": "200000 100000"}, 0.5},
		{"0::/a/b\n", map[string]string{"/a/b": "40000 100000", "/a": "50000 100000"}, 0.4},
		{"12:cpu,cpuacct:/x\n0::/a\n", map[string]string{"/a": "400000 100000"}, 4},
		{"12:cpu,cpuacct:/x\n", map[string]string{"/x": "400000 100000"}, 0},
		{"0::/../c\n", map[string]string{"/c": "100000 100000"}, 1},
		{"0::/\n", map[string]string{"/": "100000 0"}, 0},
	} {
		got := lowestQuota(groupOf(c.own), func(group string) string { return c.files[group] })
		if got != c.want {
			t.Errorf("%q with %v: %v, want %v", c.own, c.files, got, c.want)
		}
	}
}

// On this machine the readings go forwards.
func TestReadingsGoForwards(t *testing.T) {
	used := Used()
	idle, told := Idle()
	sum := 0
	for i := range 20_000_000 {
		sum += i
	}
	if now := Used(); now < used || now == 0 {
		t.Errorf("%v used after %v (%d)", now, used, sum)
	}
	if now, ok := Idle(); ok != told || now < idle {
		t.Errorf("idle %v after %v, told %v", now, idle, ok)
	}
	if n := Available(); n <= 0 {
		t.Errorf("%v processors", n)
	}
}
