package journal

// Intend records that a request for an item is about to be sent, and what it
// costs at most in billionths of a US dollar (Unknown if that is not known).
// Call it before every send. When it returns the record is written, though not
// synced: it survives the death of the process, and is on the disk after
// Options.SyncEvery, with a commit of rows or without. Thousands may call at once;
// they share their writes. sum is the item's checksum, 0 if there is none. It
// fails with CodeUsage for an item that has its row, and with CodeFull, having written
// nothing, while the disk has no room.
func (j *Journal) Intend(index int64, sum uint32, cost int64) error {
	return j.Reserve(index, sum, cost, Unknown)
}

// Reserve is Intend that also records how many tokens the request uses at most,
// input and output together (Unknown if that is not known), for what a budget
// has to count if its end is never known: see [Bounds].
func (j *Journal) Reserve(index int64, sum uint32, cost, tokens int64) error {
	if index < 0 {
		return usage("an intent for item %d", index)
	}
	if !j.items.setSum(index, sum) {
		return usage("an intent for item %d, which has its row", index)
	}
	return j.intend(func(b []byte, _ int64) []byte {
		return appendIntent(b, intent{index: index, sum: sum, cost: cost, tokens: tokens})
	})
}

// intend writes what fill appends, and sees to it that it is on the disk before long.
func (j *Journal) intend(fill func([]byte, int64) []byte) error {
	if err := j.full(); err != nil {
		return err
	}
	_, err := j.tail.append(fill)
	if !j.queue.armed.Load() {
		j.queue.poke()
	}
	return err
}

// A Reservation is what [Journal.Reserve] records: a request that is about to be sent.
type Reservation struct {
	Index  int64  // of the item
	Sum    uint32 // the item's checksum; 0: there is none
	Cost   int64  // at most, in billionths of a US dollar; Unknown
	Tokens int64  // at most, input and output together; Unknown
}

// ReserveAll is Reserve of many intents, in their order, by one write. Where it
// fails, none of the requests may be sent; with CodeUsage, nothing was written.
func (j *Journal) ReserveAll(all []Reservation) error {
	for i := range all {
		if in := &all[i]; in.Index < 0 || !j.items.setSum(in.Index, in.Sum) {
			return usage("an intent for item %d, of which there is none or which has its row", in.Index)
		}
	}
	return j.intend(func(b []byte, _ int64) []byte {
		for _, in := range all {
			b = appendIntent(b, intent{index: in.Index, sum: in.Sum, cost: in.Cost, tokens: in.Tokens})
		}
		return b
	})
}

// Settle records that a request ended and brought no row. It does not wait: the
// record goes with the next write. One lost with the process leaves its request
// counted as in flight. Once the item has a row in this session, its entry
// stands for all of its requests, and what was settled is not counted again.
func (j *Journal) Settle(a Attempt) error {
	if a.Index < 0 {
		return usage("an attempt at item %d", a.Index)
	}
	return j.tail.later(func(b []byte) []byte { return appendAttempt(b, &a) })
}
