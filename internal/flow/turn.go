package flow

import "time"

// turn is when a server's window of a minute turns, if it begins at fixed
// times: between two instants, and as long after in any whole number of
// minutes. The zero turn is not known.
type turn struct {
	after, until Instant
	sure         int // times in a row that it came when it was expected
}

const (
	turnWidth = 10 * time.Second // a turn seen within more tells nothing
	turnSure  = 2
	turnNear  = 5 * time.Second // a wait of which is worth fewer refusals
)

// between notes that a window has turned between two instants.
func (t *turn) between(after, until Instant) {
	if t.until > 0 {
		shift := (until - t.until + Instant(seekLong)/2) / Instant(seekLong) * Instant(seekLong)
		lo, hi := max(after, t.after+shift), min(until, t.until+shift)
		if lo <= hi {
			*t = turn{lo, hi, t.sure + 1}
			return
		}
	}
	*t = turn{after: after, until: until}
}

// within returns how long to wait from now if otherwise it were wait, after
// silent refusals in a row: until the turn if it comes before, and even after
// if it has proven itself.
func (t *turn) within(now Instant, wait time.Duration, silent int) time.Duration {
	if t.until == 0 {
		return wait
	}
	next := t.until + ((now-t.until)/Instant(seekLong)+1)*Instant(seekLong)
	rest := next.Sub(now)
	if t.sure < turnSure || rest > turnNear && silent < 2 {
		return min(wait, rest)
	}
	if rest > turnNear {
		t.sure = turnSure - 1 // it proves itself anew before so much is risked on it again
	}
	return rest
}
