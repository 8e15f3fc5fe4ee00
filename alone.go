package paceline

import "fmt"

// lonelyLeast refusals at least, each proven to be the item's own, end it: an item
// that is unlucky at a limit that is really used up is refused as often once in
// millions.
const lonelyLeast = 5

// lonely returns how many refusals that are its own an item bears: as many as it gets
// attempts.
func (d *dispatcher) lonely() int { return max(lonelyLeast, d.engine.cfg.Retry.Attempts) }

// refusedAlone is the end of an item that was refused so often though others were let
// in meanwhile. The server said "later", and meant never.
func refusedAlone(err *Error, times int) *Error {
	e := *err
	e.Message = fmt.Sprintf("refused %d times while others were answered: %s", times, err.message())
	return &e
}
