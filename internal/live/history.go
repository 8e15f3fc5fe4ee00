package live

import "time"

// historyKept is how many seconds a history remembers.
const historyKept = 10 * 60

// spans are the times, in seconds, that one column of a sparkline may stand for.
var spans = []int{1, 2, 5, 10, 20}

// sparkMost is how many columns the history is made for.
const sparkMost = barMost

// history counts finished items second by second. It is pure: time is an
// argument, from one goroutine.
type history struct {
	from   int     // the second of the first count
	counts []int64 // how many had finished when each second began
}

// observe takes the number of finished items, so long after the beginning.
func (h *history) observe(elapsed time.Duration, finished int64) {
	for h.from+len(h.counts) <= int(elapsed/time.Second) {
		h.counts = append(h.counts, finished)
	}
	if spare := len(h.counts) - historyKept; spare > 60 {
		h.counts = append(h.counts[:0], h.counts[spare:]...)
		h.from += spare
	}
}

// speeds returns the items a second of the last time, one for each span of so
// many seconds: of as few as let the whole run be seen, in at most so many
// columns, or its last minutes. Spans begin at fixed times and are told once
// they are over, so that none changes any more.
func (h *history) speeds(columns int) (list []float64, span int) {
	for _, span = range spans {
		if (h.from+len(h.counts)-1)/span <= columns {
			break
		}
	}
	first := max((h.from+len(h.counts)-1)/span-columns, (h.from+span-1)/span)
	for i := first; (i+1)*span < h.from+len(h.counts); i++ {
		n := h.counts[(i+1)*span-h.from] - h.counts[i*span-h.from]
		list = append(list, float64(n)/float64(span))
	}
	return list, span
}
