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

// before notes that a request is about to be sent that uses at most so much. An
// error means that it must not be; the run is stopped.
func (d *diary) before(most spend) error {
	if d == nil {
		return nil
	}
	err := d.run.job.Journal.Reserve(d.index, d.sum, most.usd, most.tokens)
	if err != nil {
		d.run.stop("journal", err, 0)
	}
	return err
}

// after notes how a request ended, for which most was noted before, that brought
// no row.
func (d *diary) after(end *ending, most spend) {
	if d == nil {
		return
	}
	note := journal.Attempt{
		Index: d.index, Reserved: most.usd, Cost: nanos(end.cost),
		PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown,
	}
	if end.usage.Known {
		note.PromptTokens, note.CompletionTokens = end.usage.Prompt, end.usage.Completion
	}
	switch {
	case end.err != nil:
		note.Code = uint8(end.err.Code)
		if !end.err.MaybeBilled && !end.usage.Known {
			note.Cost, note.PromptTokens, note.CompletionTokens = 0, 0, 0
		}
	default:
		note.Code = uint8(end.rejected)
	}
	if err := d.run.job.Journal.Settle(note); err != nil {
		d.run.stop("journal", err, 0)
	}
}
