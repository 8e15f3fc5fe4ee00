package paceline

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

func TestAnEpisodeEndsWithACallOfTheModelSentAfterThePause(t *testing.T) {
	at := func(s int) flow.Instant { return flow.Instant(time.Duration(s) * time.Second) }
	e := episodes{}
	attempt := func(lane int, model string, sent int) *attempt {
		a := &attempt{lane: lane, question: question{model: model}}
		a.sent.Store(int64(at(sent)))
		return a
	}
	if e.answered(attempt(0, "m", 1)) {
		t.Error("over before it began")
	}
	e.refused(attempt(0, "m", 2), at(10))
	e.refused(attempt(0, "m", 3), at(12)) // the server has thought better of it
	for _, c := range []struct {
		what  string
		lane  int
		model string
		sent  int
		over  bool
	}{
		{"sent before", 0, "m", 4, false},
		{"sent during the pause", 0, "m", 11, false},
		{"of another model", 0, "other", 13, false},
		{"of another endpoint", 1, "m", 13, false},
		{"sent after the pause", 0, "m", 12, true},
		{"the next one", 0, "m", 13, false},
	} {
		if over := e.answered(attempt(c.lane, c.model, c.sent)); over != c.over {
			t.Errorf("an answer to a call %s: over is %t", c.what, over)
		}
	}
	if len(e) != 0 {
		t.Errorf("left: %v", e)
	}
}
