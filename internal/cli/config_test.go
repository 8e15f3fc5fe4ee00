package cli

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/pool"
)

func TestConfigIsValid(t *testing.T) {
	cfg := defaultRunFlags().config()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	f := runFlags{Flags: pool.Flags{Limits: pool.Limits{Window: "strict", TPM: 1000, Concurrency: 7}}, hedge: -1, attempts: 2, firstToken: -1, stall: time.Second, timeout: time.Hour, outage: time.Minute}
	got := f.config()
	if got.Limits.Window != paceline.Strict || got.Limits.Tokens != paceline.Per(1000, time.Minute) || got.Limits.InFlight != 7 ||
		got.Retry.Attempts != 2 || got.Hedge.Budget >= 0 || got.OutageLimit != time.Minute || got.Deadlines != (paceline.Deadlines{FirstToken: -1, Stall: time.Second, Total: time.Hour}) {
		t.Errorf("got %+v", got)
	}
}
