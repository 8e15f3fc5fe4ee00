package cli

import (
	"errors"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/interrupt"
	"github.com/seed-1814a72b/paceline/internal/pool"
)

func TestAdviceWhereEveryRequestIsRefused(t *testing.T) {
	words := &paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Message: "Streaming is not supported"}
	other := &paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Message: "unknown field foo"}
	for _, tt := range []struct {
		err      *paceline.Error
		noStream bool
		want     string
	}{
		{words, false, "h refuses every request; it may be unable to stream: add --no-stream " +
			"(invalid_request (HTTP 400): Streaming is not supported); then the same command with --retry-failed continues"},
		{words, true, "h refuses every request: correct what it names " +
			"(invalid_request (HTTP 400): Streaming is not supported); then the same command with --retry-failed continues"},
		{other, false, "h refuses every request: correct what it names " +
			"(invalid_request (HTTP 400): unknown field foo); then the same command with --retry-failed continues"},
	} {
		s := &session{flags: &runFlags{Flags: pool.Flags{NoStream: tt.noStream}}, pool: &pool.Pool{Endpoints: []pool.Endpoint{{Host: "h"}}}, interrupts: &interrupt.Interrupts{}}
		err := s.stopped(paceline.Summary{Stats: paceline.Stats{Failed: 10}, StoppedBy: "invalid_request"}, tt.err)
		if e, ok := errors.AsType[*command.Exit](err); !ok || e.Code != command.ExitStopped || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}
