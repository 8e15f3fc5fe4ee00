package paceline

import "github.com/seed-1814a72b/paceline/journal"

// A diary notes an item's requests in the journal: that one is about to be
// sent, and, where it brings no row, how it ended. What has no known end was
// in flight if the process dies, and may be paid twice. A nil diary notes
// nothing.
type diary struct {
	run      *run
	index    int64
	sum      uint32
	reserved int64 // what the request under way costs at most, in nano-dollars
}

func (r *run) diary(item *Item) *diary {
	if r.job.Journal == nil {
		return nil
	}
	return &diary{run: r, index: item.Index, sum: r.job.sum(item)}
}

// before notes that a request of c is about to be sent. An error means that it
// must not be; the run is stopped.
func (d *diary) before(c *call) error {
	if d == nil {
		return nil
	}
	d.reserved = c.atMost()
	err := d.run.job.Journal.Intend(d.index, d.sum, d.reserved)
	if err != nil {
		d.run.stop("journal", err, 0)
	}
	return err
}

// after notes how a request ended that brought no row.
func (d *diary) after(end *ending) {
	if d == nil {
		return
	}
	note := journal.Attempt{
		Index: d.index, Reserved: d.reserved, Cost: nanos(end.cost),
		PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown,
	}
	if end.usage.Known {
		note.PromptTokens, note.CompletionTokens = end.usage.Prompt, end.usage.Completion
	}
	switch {
	case end.err != nil:
		note.Code = uint8(end.err.Code)
		if !end.err.MaybeBilled {
			note.Cost = 0
		}
	case end.asked:
		note.Code = uint8(CodeInvalidAnswer)
	}
	if err := d.run.job.Journal.Settle(note); err != nil {
		d.run.stop("journal", err, 0)
	}
}

// atMost returns what the call's next request costs at most, in nano-dollars,
// by what admission has reserved for it.
func (c *call) atMost() int64 {
	if c.engine.cfg.Price == nil {
		return journal.Unknown
	}
	return nanos(c.engine.cfg.Price(c.model, Usage{
		Prompt: int64(c.ticket.In), Completion: int64(c.ticket.Out), Known: true,
	}))
}
