package journal

import "sync"

// unkept are the rows that a failed journal had taken, or was given afterwards.
type unkept struct {
	mu       sync.Mutex
	items    []int64
	cost     int64 // as far as known
	unpriced int64 // of items, those whose cost is not known
}

// Unkept returns the items whose rows were not kept, since the journal failed before
// they were committed, and what their calls cost, in billionths of a US dollar, Unknown
// if that of one is not known. Some of these rows may be there when the journal is
// opened again. The items are in no order.
func (j *Journal) Unkept() (items []int64, cost int64) {
	u := &j.unkept
	u.mu.Lock()
	defer u.mu.Unlock()
	items = append(items, u.items...)
	if u.unpriced > 0 {
		return items, Unknown
	}
	return items, u.cost
}

func (u *unkept) add(entries ...Entry) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range entries {
		u.items = append(u.items, entries[i].Index)
		u.cost += max(entries[i].Cost, 0)
		if entries[i].Cost < 0 {
			u.unpriced++
		}
	}
}
