package cli

import (
	"time"

	"github.com/seed-1814a72b/paceline"
)

// config returns the engine's configuration as the flags ask for it.
func (f *runFlags) config() paceline.Config {
	return paceline.Config{
		Limits: paceline.Limits{
			Requests: f.requestRate(),
			Tokens:   perMinute(f.tpm),
			InFlight: int(f.concurrency),
			Window:   map[string]paceline.Window{"bucket": paceline.TokenBucket, "strict": paceline.Strict}[f.window],
		},
		Retry: paceline.Retry{Attempts: int(f.attempts)},
		Hedge: f.hedging(),
		Deadlines: paceline.Deadlines{
			FirstToken: f.firstToken, Stall: f.stall, Total: f.timeout,
		},
		OutageLimit: f.outage,
	}
}

// hedging returns the budget of --hedge, which the engine has as negative for
// none.
func (f *runFlags) hedging() paceline.Hedge {
	if f.hedge == 0 {
		return paceline.Hedge{Budget: -1}
	}
	return paceline.Hedge{Budget: f.hedge}
}

// requestRate returns the one rate that keeps to --rpm and to --rps. Given
// both, it counts in the shorter window, which never exceeds the longer one.
func (f *runFlags) requestRate() paceline.Rate {
	switch {
	case f.rps == 0:
		return perMinute(f.rpm)
	case f.rpm == 0:
		return paceline.Per(f.rps, time.Second)
	}
	perSecond := min(f.rps, f.rpm/60)
	if perSecond >= 1 {
		return paceline.Per(perSecond, time.Second)
	}
	return paceline.Per(1, time.Duration(float64(time.Second)/perSecond))
}

func perMinute(n float64) paceline.Rate {
	if n == 0 {
		return paceline.Rate{}
	}
	return paceline.Per(n, time.Minute)
}
