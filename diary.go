package paceline

import "github.com/seed-1814a72b/paceline/journal"

// A diary notes an item's requests in the journal: that one is about to be
// sent, and, where it brings no row, how it ended. What has no known end was
// in flight if the process dies, and may be paid twice. A nil diary notes
// nothing.
type diary struct {
	run   *run
	index int64
	sum   uint32
}

func (r *run) diary(item *Item) *diary {
	if r.job.Journal == nil {
		return nil
	}
	return &diary{run: r, index: item.Index, sum: r.job.sum(item)}
}

// before notes that a request is about to be sent that costs at most so many
// nano-dollars. An error means that it must not be; the run is stopped.
func (d *diary) before(atMost int64) error {
	if d == nil {
		return nil
	}
	err := d.run.job.Journal.Intend(d.index, d.sum, atMost)
	if err != nil {
		d.run.stop("journal", err, 0)
	}
	return err
}

// after notes how a request ended, for which atMost was noted before, that
// brought no row.
func (d *diary) after(end *ending, atMost int64) {
	if d == nil {
		return
	}
	note := journal.Attempt{
		Index: d.index, Reserved: atMost, Cost: nanos(end.cost),
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

// atMost returns what a request costs at most, in nano-dollars, by what
// admission has reserved for it.
func (a *attempt) atMost() int64 {
	if a.call.engine.cfg.Price == nil || a.call.diary == nil {
		return journal.Unknown
	}
	return nanos(a.call.engine.cfg.Price(a.call.model, Usage{
		Prompt: int64(a.ticket.In), Completion: int64(a.ticket.Out), Known: true,
	}))
}
