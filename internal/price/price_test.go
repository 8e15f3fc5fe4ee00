package price

import (
	"math"
	"testing"

	"github.com/seed-1814a72b/paceline"
)

func TestCost(t *testing.T) {
	p := must(t, "in=2,out=10,cached=0.5")
	long := p
	long.LongOver, long.Long = 200_000, Rate{Input: 4, Output: 20, Cached: 1}
	use := func(prompt, completion, cached int64) paceline.Usage {
		return paceline.Usage{Prompt: prompt, Completion: completion, Cached: cached, Known: true}
	}
	for _, tt := range []struct {
		name  string
		price Price
		usage paceline.Usage
		want  float64
		known bool
	}{
		{"plain", p, use(1000, 100, 0), 0.003, true},
		{"cached", p, use(1000, 100, 600), 0.0008 + 0.0003 + 0.001, true},
		{"more cached than there is", p, use(1000, 0, 5000), 0.0005, true},
		{"negative cached", p, use(1000, 0, -5), 0.002, true},
		{"no tokens", p, use(0, 0, 0), 0, true},
		{"at the tier", long, use(200_000, 0, 0), 0.4, true},
		{"beyond the tier", long, use(200_001, 1000, 0), 0.800004 + 0.02, true},
		{"free, as given", must(t, "in=0,out=0"), use(1000, 10, 0), 0, true},
		{"unknown usage", p, paceline.Usage{Prompt: 10}, 0, false},
		{"negative prompt", p, use(-1, 10, 0), 0, false},
		{"negative completion", p, use(1, -10, 0), 0, false},
		{"unknown price", Price{}, use(1000, 100, 0), 0, false},
		{"unknown price with a rate", Price{Rate: p.Rate}, use(1000, 100, 0), 0, false},
	} {
		got := tt.price.Cost(tt.usage)
		if got.Known != tt.known || math.Abs(got.USD-tt.want) > 1e-12 {
			t.Errorf("%s: got %+v, want %v (known: %v)", tt.name, got, tt.want, tt.known)
		}
	}
}

// Fault 38: a price or a usage that is not known is never a cost of 0.
func TestFault38UnknownIsNotZero(t *testing.T) {
	var p Price
	if c := p.Cost(paceline.Usage{Prompt: 5, Completion: 5, Known: true}); c.Known {
		t.Errorf("an unknown price cost %+v", c)
	}
	if got := USD(paceline.Cost{}); got != "unknown" {
		t.Errorf("an unknown cost reads %q", got)
	}
	if got := p.String(); got != "unknown" {
		t.Errorf("an unknown price reads %q", got)
	}
}

func TestPriceString(t *testing.T) {
	if got, want := must(t, "in=0.15,out=0.6").String(), "$0.15 in, $0.60 out per 1M tokens (as given)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p, _ := Lookup("gpt-4o-mini", "")
	if got, want := p.String(), "$0.15 in, $0.60 out per 1M tokens (openai gpt-4o-mini, as of "+AsOf+")"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func must(t *testing.T, s string) Price {
	t.Helper()
	p, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
