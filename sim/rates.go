package sim

import (
	"fmt"
	"strings"
)

// Rates says which share of the requests meets which fault. As text:
// "500:0.02,reset:0.01". The zero value is no fault at all.
type Rates []Rate

// A Rate is one fault's share of the requests, from 0 to 1.
type Rate struct {
	Fault string
	Share float64
}

// ParseFaults reads rates such as "500:0.02,reset:0.01,cut:0.005". The names
// are those of [Faults], or any HTTP status from 400 to 599.
func ParseFaults(s string) (Rates, error) {
	var rates Rates
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, share, ok := strings.Cut(part, ":")
		if !ok {
			return nil, fmt.Errorf("faults %q: %q has no rate; write name:rate, such as 500:0.02", s, part)
		}
		f, err := parsePlain(share)
		if err != nil {
			return nil, fmt.Errorf("faults %q: the rate of %q: %w", s, name, err)
		}
		rates = append(rates, Rate{Fault: name, Share: f})
	}
	if err := rates.check(); err != nil {
		return nil, fmt.Errorf("faults %q: %w", s, err)
	}
	return rates, nil
}

func (r Rates) check() error {
	sum := 0.0
	for _, rate := range r {
		if err := checkFault(rate.Fault); err != nil {
			return err
		}
		if !(rate.Share >= 0 && rate.Share <= 1) {
			return fmt.Errorf("the rate of %q is %g; it must lie between 0 and 1", rate.Fault, rate.Share)
		}
		sum += rate.Share
	}
	if sum > 1+1e-9 {
		return fmt.Errorf("the rates add up to %.4g; they must not exceed 1", sum)
	}
	return nil
}

// pick draws a fault, or "".
func (r Rates) pick(d *draws) string {
	if len(r) == 0 {
		return ""
	}
	u := d.float()
	for _, rate := range r {
		if u < rate.Share {
			return rate.Fault
		}
		u -= rate.Share
	}
	return ""
}

// with returns the rates and one more, unless its share is 0.
func (r Rates) with(fault string, share float64) Rates {
	if share == 0 {
		return r
	}
	return append(r[:len(r):len(r)], Rate{fault, share})
}

// String returns the rates as [ParseFaults] reads them.
func (r Rates) String() string {
	parts := make([]string, len(r))
	for i, rate := range r {
		parts[i] = fmt.Sprintf("%s:%g", rate.Fault, rate.Share)
	}
	return strings.Join(parts, ",")
}

// MarshalText is [Rates.String].
func (r Rates) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is [ParseFaults].
func (r *Rates) UnmarshalText(text []byte) (err error) {
	*r, err = ParseFaults(string(text))
	return err
}
