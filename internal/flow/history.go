package flow

import "time"

const (
	historySlot  = 250 * time.Millisecond
	historySlots = 256 // of which the oldest may be half over
)

// A history counts events by the time at which they happened, for a little over
// a minute, in slots of a quarter of a second. It takes constant memory and
// allocates nothing. The zero history is empty.
type history struct {
	slots [historySlots]int32
	head  int64 // number of the newest slot
}

// add counts n events at the instant at. What is older than the history is
// forgotten.
func (h *history) add(at Instant, n int32) {
	s := int64(at) / int64(historySlot)
	for h.head < s {
		h.head = max(h.head+1, s-historySlots)
		h.slots[h.head%historySlots] = 0
	}
	if s > h.head-historySlots {
		h.slots[s%historySlots] += n
	}
}

// count returns how many events happened in the time d up to the instant at. It
// counts the oldest slot in proportion.
func (h *history) count(at Instant, d time.Duration) float64 {
	newest := int64(at) / int64(historySlot)
	from := max(0, float64(at.Add(-d))/float64(historySlot))
	oldest := int64(from)
	sum := 0.0
	for s := min(newest, h.head); s > oldest && s > h.head-historySlots; s-- {
		sum += float64(h.slots[s%historySlots])
	}
	if oldest <= h.head && oldest > h.head-historySlots {
		sum += float64(h.slots[oldest%historySlots]) * (1 - (from - float64(oldest)))
	}
	return max(sum, 0)
}
