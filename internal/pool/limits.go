package pool

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/spelling"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// A Limits is what an endpoint allows, as people write it. What is 0 is not
// given: a rate is then learnt from the server's headers, where it has any, and
// a concurrency adapted to what the server bears.
type Limits struct {
	RPM, RPS, TPM float64
	USDPerHour    float64
	Concurrency   int64
	Window        string // "bucket", also "", or "strict"
}

// mostConcurrency is more calls at once than any machine holds open: what is above is
// a slip of the pen.
const mostConcurrency = 10_000_000

// limitNames are the limits in the order in which they are listed.
var limitNames = []string{"rpm", "rps", "tpm", "usd-per-hour", "concurrency", "window"}

// windowKinds are the values of "window".
var windowKinds = []string{"bucket", "strict"}

// value returns where the limit of that name is written, nil if there is no
// such limit.
func (l *Limits) value(name string) pflag.Value {
	switch name {
	case "rpm":
		return value.Limit{Value: value.Quantity{To: &l.RPM}, Clear: func() { l.RPM = 0 }}
	case "rps":
		return value.Limit{Value: value.Quantity{To: &l.RPS}, Clear: func() { l.RPS = 0 }}
	case "tpm":
		return value.Limit{Value: value.Quantity{To: &l.TPM}, Clear: func() { l.TPM = 0 }}
	case "usd-per-hour":
		return value.Limit{Value: value.Money{To: &l.USDPerHour}, Clear: func() { l.USDPerHour = 0 }}
	case "concurrency":
		return value.Limit{Value: value.Count{To: &l.Concurrency, Min: 1, Max: mostConcurrency}, Clear: func() { l.Concurrency = 0 }}
	case "window":
		return &value.Choice{To: &l.Window, Allowed: windowKinds}
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

// Library returns l as the library takes it.
func (l *Limits) Library() paceline.Limits {
	window := paceline.TokenBucket
	if l.Window == "strict" {
		window = paceline.Strict
	}
	return paceline.Limits{
		Requests: l.requestRate(), Tokens: perMinute(l.TPM), Money: l.moneyRate(),
		InFlight: int(l.Concurrency), Window: window,
	}
}

// requestRate returns the one rate that keeps to rpm and to rps. Given both, it
// counts in the shorter window, which never exceeds the longer one.
func (l *Limits) requestRate() paceline.Rate {
	switch {
	case l.RPS == 0:
		return perMinute(l.RPM)
	case l.RPM == 0:
		return paceline.Per(l.RPS, time.Second)
	}
	perSecond := min(l.RPS, l.RPM/60)
	if perSecond >= 1 {
		return paceline.Per(perSecond, time.Second)
	}
	return paceline.Per(1, time.Duration(float64(time.Second)/perSecond))
}

// moneyRate returns the limit on money, in US dollars.
func (l *Limits) moneyRate() paceline.Rate {
	if l.USDPerHour == 0 {
		return paceline.Rate{}
	}
	return paceline.Per(l.USDPerHour, time.Hour)
}

func perMinute(n float64) paceline.Rate {
	if n == 0 {
		return paceline.Rate{}
	}
	return paceline.Per(n, time.Minute)
}
