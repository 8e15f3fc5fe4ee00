package paceline_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// Items are read ahead by thousands. Weighed by what was guessed when they were
// read, before the first answer, each would reserve six times what it uses: they
// are weighed when their turn comes.
func TestCallsReadAheadAreWeighedWhenTheirTurnComes(t *testing.T) {
	h := held{items: 3000, sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{Tokens: paceline.Per(20_000, time.Minute), InFlight: 100})}
	synctest.Test(t, func(t *testing.T) {
		sum, _ := h.run(t, "")
		if u := sum.Use.Tokens; !u.Known || u.Part < 0.97 || u.Part > 1.03 {
			t.Errorf("%.4f of the limit used, in %v", u.Part, sum.Elapsed)
		}
	})
}
