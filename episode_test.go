package paceline

import (
	"strconv"
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

// Whatever models items name, what is remembered of their refusals is bounded; those
// that are known of go on being known.
func TestEpisodesAreBounded(t *testing.T) {
	e := episodes{}
	attempt := func(model int) *attempt {
		a := &attempt{question: question{model: strconv.Itoa(model)}}
		a.sent.Store(int64(3 * time.Second))
		return a
	}
	for model := range 2 * mostEpisodes {
		e.refused(attempt(model), flow.Instant(time.Second))
	}
	if len(e) != mostEpisodes {
		t.Errorf("%d episodes are kept", len(e))
	}
	if e.refused(attempt(0), flow.Instant(5*time.Second)); e.answered(attempt(0)) {
		t.Error("over while the model is paused again")
	}
	if !e.answered(attempt(1)) {
		t.Error("of an episode that was kept the end is not told")
	}
}
