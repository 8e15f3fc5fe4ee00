package cli

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func TestRequestRate(t *testing.T) {
	tests := []struct {
		rpm, rps float64
		want     paceline.Rate
	}{
		{0, 0, paceline.Rate{}},
		{500, 0, paceline.Per(500, time.Minute)},
		{0, 2, paceline.Per(2, time.Second)},
		{600, 20, paceline.Per(10, time.Second)},
		{6000, 20, paceline.Per(20, time.Second)},
		{30, 5, paceline.Per(1, 2*time.Second)},
	}
	for _, tt := range tests {
		f := limitSet{rpm: tt.rpm, rps: tt.rps}
		if got := f.requestRate(); got != tt.want {
			t.Errorf("--rpm %g --rps %g: %v, want %v", tt.rpm, tt.rps, got, tt.want)
		}
	}
}

func TestConfigIsValid(t *testing.T) {
	cfg := defaultRunFlags().config()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	f := runFlags{limitSet: limitSet{window: "strict", tpm: 1000, concurrency: 7}, hedge: -1, attempts: 2, firstToken: -1, stall: time.Second, timeout: time.Hour, outage: time.Minute}
	got := f.config()
	if got.Limits.Window != paceline.Strict || got.Limits.Tokens != paceline.Per(1000, time.Minute) || got.Limits.InFlight != 7 ||
		got.Retry.Attempts != 2 || got.Hedge.Budget >= 0 || got.OutageLimit != time.Minute || got.Deadlines != (paceline.Deadlines{FirstToken: -1, Stall: time.Second, Total: time.Hour}) {
		t.Errorf("got %+v", got)
	}
}
