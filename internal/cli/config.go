package cli

import (
	"github.com/seed-1814a72b/paceline"
)

// config returns the engine's configuration as the flags ask for it.
func (f *runFlags) config() paceline.Config {
	return paceline.Config{
		Limits: f.Library(),
		Retry:  paceline.Retry{Attempts: int(f.attempts)},
		Hedge:  paceline.Hedge{Budget: f.hedge},
		Deadlines: paceline.Deadlines{
			FirstToken: f.firstToken, Stall: f.stall, Total: f.timeout,
		},
		OutageLimit: f.outage,
	}
}
