package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Durations is a distribution of durations. The zero value is always 0.
//
// It reads and writes itself as text ("500ms", "uniform:0.5s,1.5s",
// "normal:1s,200ms", "lognormal:800ms,0.6", "exp:1s"), so that it can be a
// flag's value.
type Durations struct{ d dist }

// Counts is a distribution of whole numbers, such as an answer's tokens. The
// zero value is always 0. As text: "100", "uniform:50,150", "normal:100,20",
// "lognormal:120,0.5", "exp:100".
type Counts struct{ d dist }

// dist is a distribution of non-negative numbers; durations are in nanoseconds.
type dist struct {
	kind kind
	a, b float64
}

type kind uint8

const (
	constant  kind = iota // a
	uniform               // from a to b
	normal                // mean a, standard deviation b, cut at 0
	lognormal             // median a, sigma b
	exp                   // mean a
)

// shapes describes each kind's parameters: how many, what they are called, and
// whether the second is a plain number.
var shapes = [...]struct {
	name, params string
	n            int
	plain        bool
}{
	constant:  {"constant", "value", 1, false},
	uniform:   {"uniform", "from,to", 2, false},
	normal:    {"normal", "mean,deviation", 2, false},
	lognormal: {"lognormal", "median,sigma", 2, true},
	exp:       {"exp", "mean", 1, false},
}

// ParseDurations reads a distribution of durations.
func ParseDurations(s string) (Durations, error) {
	d, err := parseDist(s, "duration", func(v string) (float64, error) {
		t, err := time.ParseDuration(v)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration such as 800ms or 1.5s", v)
		}
		return float64(t), nil
	})
	return Durations{d}, err
}

// ParseCounts reads a distribution of whole numbers.
func ParseCounts(s string) (Counts, error) {
	d, err := parseDist(s, "number", parsePlain)
	return Counts{d}, err
}

// MustDurations is [ParseDurations] for constants in tests; it panics on an
// error.
func MustDurations(s string) Durations { return must(ParseDurations(s)) }

// MustCounts is [ParseCounts] for constants in tests; it panics on an error.
func MustCounts(s string) Counts { return must(ParseCounts(s)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func parsePlain(v string) (float64, error) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%q is not a number", v)
	}
	return f, nil
}

func parseDist(s, what string, value func(string) (float64, error)) (dist, error) {
	name, params, named := strings.Cut(strings.TrimSpace(s), ":")
	if !named {
		name, params = "constant", name
	}
	k, ok := kindOf(name)
	if !ok {
		return dist{}, fmt.Errorf("distribution %q: unknown kind %q; use %s", s, name, distForms())
	}
	d, err := parseParams(k, strings.Split(params, ","), value)
	if err != nil {
		return dist{}, fmt.Errorf("distribution %q: %w (%s:%s, each a %s)", s, err, name, shapes[k].params, what)
	}
	return d, nil
}

func parseParams(k kind, params []string, value func(string) (float64, error)) (dist, error) {
	if len(params) != shapes[k].n {
		return dist{}, fmt.Errorf("%d values where %d are due", len(params), shapes[k].n)
	}
	v := [2]float64{}
	for i, p := range params {
		read := value
		if i == 1 && shapes[k].plain {
			read = parsePlain
		}
		var err error
		if v[i], err = read(strings.TrimSpace(p)); err != nil {
			return dist{}, err
		}
		if v[i] < 0 {
			return dist{}, fmt.Errorf("%s is negative", strings.TrimSpace(p))
		}
	}
	if k == uniform && v[1] < v[0] {
		return dist{}, fmt.Errorf("%s is below %s", params[1], params[0])
	}
	return dist{k, v[0], v[1]}, nil
}

func kindOf(name string) (kind, bool) {
	for k, s := range shapes {
		if s.name == name {
			return kind(k), true
		}
	}
	return 0, false
}

func distForms() string {
	forms := make([]string, len(shapes))
	for i, s := range shapes {
		forms[i] = s.name + ":" + s.params
	}
	return strings.Join(forms, " or ")
}

// sample draws a number, at least 0.
func (d dist) sample(r *draws) float64 {
	switch d.kind {
	case uniform:
		return d.a + (d.b-d.a)*r.float()
	case normal:
		return max(0, d.a+d.b*r.normal())
	case lognormal:
		return d.a * math.Exp(d.b*r.normal())
	case exp:
		return d.a * r.exp()
	}
	return d.a
}

func (d dist) format(value func(float64) string) string {
	plain := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	switch shape := shapes[d.kind]; {
	case d.kind == constant:
		return value(d.a)
	case shape.n == 1:
		return shape.name + ":" + value(d.a)
	case shape.plain:
		return shape.name + ":" + value(d.a) + "," + plain(d.b)
	default:
		return shape.name + ":" + value(d.a) + "," + value(d.b)
	}
}

// longest keeps sums of sampled durations far from overflow.
const longest = 365 * 24 * time.Hour

// zero reports whether every sample is 0.
func (d Durations) zero() bool { return d.d == dist{} }

func (d Durations) sample(r *draws) time.Duration {
	if d.zero() {
		return 0
	}
	return time.Duration(min(d.d.sample(r), float64(longest)))
}

func (c Counts) sample(r *draws) int {
	return int(min(math.Round(c.d.sample(r)), 1<<30))
}

// String returns the distribution as [ParseDurations] reads it.
func (d Durations) String() string {
	return d.d.format(func(f float64) string { return time.Duration(f).String() })
}

// String returns the distribution as [ParseCounts] reads it.
func (c Counts) String() string {
	return c.d.format(func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) })
}

// MarshalText is [Durations.String].
func (d Durations) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText is [Counts.String].
func (c Counts) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is [ParseDurations].
func (d *Durations) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDurations(string(text))
	return err
}

// UnmarshalText is [ParseCounts].
func (c *Counts) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCounts(string(text))
	return err
}
