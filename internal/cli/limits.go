package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/spelling"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// A limitSet is what an endpoint allows, as people write it. What is 0 is not
// given: a rate is then learnt from the server's headers, where it has any, and
// a concurrency adapted to what the server bears.
type limitSet struct {
	rpm, rps, tpm float64
	usdPerHour    float64
	concurrency   int64
	window        string // "bucket", also "", or "strict"
}

// limitNames are the limits in the order in which they are listed.
var limitNames = []string{"rpm", "rps", "tpm", "usd-per-hour", "concurrency", "window"}

// windowKinds are the values of "window".
var windowKinds = []string{"bucket", "strict"}

// value returns where the limit of that name is written, nil if there is no
// such limit.
func (l *limitSet) value(name string) pflag.Value {
	switch name {
	case "rpm":
		return value.Limit{Value: value.Quantity{To: &l.rpm}, Clear: func() { l.rpm = 0 }}
	case "rps":
		return value.Limit{Value: value.Quantity{To: &l.rps}, Clear: func() { l.rps = 0 }}
	case "tpm":
		return value.Limit{Value: value.Quantity{To: &l.tpm}, Clear: func() { l.tpm = 0 }}
	case "usd-per-hour":
		return value.Limit{Value: value.Money{To: &l.usdPerHour}, Clear: func() { l.usdPerHour = 0 }}
	case "concurrency":
		return value.Limit{Value: value.Count{To: &l.concurrency, Min: 1}, Clear: func() { l.concurrency = 0 }}
	case "window":
		return &value.Choice{To: &l.window, Allowed: windowKinds}
	}
	return nil
}

// unknownLimit is the error for a limit that there is not.
func unknownLimit(name string) error {
	if near := spelling.Nearest(name, limitNames); near != "" {
		return fmt.Errorf("%q is no limit; did you mean %s?", name, near)
	}
	return fmt.Errorf("%q is no limit; they are %s", name, strings.Join(limitNames, ", "))
}

// library returns l as the library takes it.
func (l *limitSet) library() paceline.Limits {
	window := paceline.TokenBucket
	if l.window == "strict" {
		window = paceline.Strict
	}
	return paceline.Limits{
		Requests: l.requestRate(), Tokens: perMinute(l.tpm), Money: l.moneyRate(),
		InFlight: int(l.concurrency), Window: window,
	}
}

// requestRate returns the one rate that keeps to rpm and to rps. Given both, it
// counts in the shorter window, which never exceeds the longer one.
func (l *limitSet) requestRate() paceline.Rate {
	switch {
	case l.rps == 0:
		return perMinute(l.rpm)
	case l.rpm == 0:
		return paceline.Per(l.rps, time.Second)
	}
	perSecond := min(l.rps, l.rpm/60)
	if perSecond >= 1 {
		return paceline.Per(perSecond, time.Second)
	}
	return paceline.Per(1, time.Duration(float64(time.Second)/perSecond))
}

// moneyRate returns the limit on money, in US dollars.
func (l *limitSet) moneyRate() paceline.Rate {
	if l.usdPerHour == 0 {
		return paceline.Rate{}
	}
	return paceline.Per(l.usdPerHour, time.Hour)
}

func perMinute(n float64) paceline.Rate {
	if n == 0 {
		return paceline.Rate{}
	}
	return paceline.Per(n, time.Minute)
}
