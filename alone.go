package paceline

import (
	"fmt"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// lonelyLeast refusals at least, each proven to be the item's own, end it: an item
// that is unlucky at a limit that is really used up is refused as often once in
// millions.
const lonelyLeast = 5

// lonely returns how many refusals that are its own an item bears: as many as it gets
// attempts.
func (d *dispatcher) lonely() int { return max(lonelyLeast, d.engine.cfg.Retry.Attempts) }

// refusedAlone is the end of an item that was refused so often though others were let
// in meanwhile, or though nothing was for so long that any limit has renewed itself.
// The server said "later", and meant never.
func refusedAlone(err *Error, t *flow.Ticket) *Error {
	e := *err
	why := "while others were answered"
	if quiet := t.Quiet(); quiet > 0 {
		why = "within " + quiet.Round(time.Second).String() + ", in which nothing else was left to send"
	}
	e.Message = fmt.Sprintf("refused %d times %s: %s", t.Alone(), why, err.message())
	return &e
}
