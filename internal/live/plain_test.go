package live

import (
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/status"
)

func TestUnknownTokensAreNoZerosInTheLine(t *testing.T) {
	silent := paceline.Stats{Requests: 3, Done: 3}
	if got := plainLine(frame{State: status.State{Stats: silent}}); !strings.Contains(got, "tokens unknown, cost unknown") {
		t.Errorf("the line is %q", got)
	}
	silent.Done, silent.InFlight = 0, 3
	if got := plainLine(frame{State: status.State{Stats: silent}}); !strings.Contains(got, "tokens -") || !strings.Contains(got, "waiting for the first answer") {
		t.Errorf("before the first answer the line is %q", got)
	}
}
