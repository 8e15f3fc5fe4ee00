package price

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const example = "in=0.15,out=0.60,cached=0.075 (US dollars per 1M tokens)"

// Parse reads a price as users write it: "in=0.15,out=0.60" in US dollars per
// one million tokens, with an optional "cached=0.075" for input read from the
// provider's cache (else it costs what other input does). The order is free. A
// price of 0 is taken at its word. An error is one line and shows an example.
func Parse(s string) (Price, error) {
	fields, err := parseFields(s)
	if err != nil {
		return Price{}, fmt.Errorf("price %q: %w; write %s", s, err, example)
	}
	in, out := fields["in"], fields["out"]
	cached, ok := fields["cached"]
	if !ok {
		cached = in
	}
	return Price{Rate: Rate{Input: in, Output: out, Cached: cached}, known: true}, nil
}

func parseFields(s string) (map[string]float64, error) {
	fields := make(map[string]float64, 3)
	for part := range strings.SplitSeq(s, ",") {
		key, text, _ := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if key != "in" && key != "out" && key != "cached" {
			return nil, fmt.Errorf("%q is none of in=, out= and cached=", strings.TrimSpace(part))
		}
		if _, twice := fields[key]; twice {
			return nil, fmt.Errorf("%s= is given twice", key)
		}
		usd, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || usd < 0 || math.IsInf(usd, 0) || math.IsNaN(usd) {
			return nil, fmt.Errorf("%s= needs an amount", key)
		}
		fields[key] = usd
	}
	for _, key := range []string{"in", "out"} {
		if _, ok := fields[key]; !ok {
			return nil, fmt.Errorf("%s= is missing", key)
		}
	}
	return fields, nil
}
