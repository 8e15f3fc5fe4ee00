package serve

import (
	"math/rand/v2"
	"time"
)

// A wheel gives each of its streams a turn once in a rotation. Streams are
// spread over its slots by chance, so that as many are due at any moment.
type wheel struct {
	tick  time.Duration
	slots [][]*conn
	next  time.Time // when the next slot is due
	at    int       // which that is
	count int       // streams on the wheel
}

func newWheel(tick, rotation time.Duration) *wheel {
	return &wheel{tick: tick, slots: make([][]*conn, rotation/tick)}
}

// add puts a stream on the wheel.
func (w *wheel) add(now time.Time, c *conn) {
	if w.count == 0 {
		w.next = now.Add(w.tick)
	}
	w.count++
	i := rand.IntN(len(w.slots))
	w.slots[i] = append(w.slots[i], c)
}

// turn gives a turn to each stream that is due; take reports whether it stays.
// A wheel that is a rotation late does not catch up; what it skips is returned.
func (w *wheel) turn(now time.Time, take func(*conn) bool) (skipped time.Duration) {
	if late := now.Sub(w.next); late > w.tick*time.Duration(len(w.slots)) && w.count > 0 {
		skipped, w.next = late, now
	}
	for w.count > 0 && !w.next.After(now) {
		w.slots[w.at] = w.serve(w.slots[w.at], take)
		w.at = (w.at + 1) % len(w.slots)
		w.next = w.next.Add(w.tick)
	}
	return skipped
}

func (w *wheel) serve(slot []*conn, take func(*conn) bool) []*conn {
	for i := 0; i < len(slot); {
		if take(slot[i]) {
			i++
			continue
		}
		last := len(slot) - 1
		slot[i], slot[last] = slot[last], nil
		slot = slot[:last]
		w.count--
	}
	return slot
}

// wait returns how long nothing is due; below 0: nothing ever is.
func (w *wheel) wait(now time.Time) time.Duration {
	if w.count == 0 {
		return -1
	}
	return max(0, w.next.Sub(now))
}
