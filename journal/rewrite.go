package journal

import (
	"context"
	"errors"
	"io"
	"os"
)

// RewriteOptions says what a rewritten output holds.
type RewriteOptions struct {
	// Ordered puts the rows into the order of the input.
	Ordered bool
	// Keep says which rows stay; the items of the others have none afterwards.
	// What they cost stays in the totals, and their requests stay as attempts.
	// nil: all stay.
	Keep func(Entry) bool
}

// Rewrite commits what waits and replaces the output by one with the rows in
// input order, or without some of them. It is for the beginning or the end of a
// run: until it returns rows and intents are refused, and calls in flight count
// as lost. A crash at any moment leaves the old output or the new one. Rows are
// copied, verified, and never held in memory; sorting spills to disk. It does
// nothing if nothing would change. Recovered is not affected.
//
// If it fails before the new files count, by ctx, a full disk or a damaged row,
// the old ones stay and the journal goes on; after that the journal has failed.
func (j *Journal) Rewrite(ctx context.Context, o RewriteOptions) error {
	j.closing.Lock()
	defer j.closing.Unlock()
	if j.closed {
		return closedError(j.place)
	}
	if err := j.halt(usage("the output is being rewritten")); err != nil {
		return err
	}
	before := j.recovered
	err := j.rewrite(ctx, o)
	j.recovered = before
	if err == nil || j.fault.get() == nil {
		j.resume()
	}
	return err
}

// maxEntry is more than the record of an entry is long.
const maxEntry = 1024

// resume accepts rows again after halt.
func (j *Journal) resume() {
	j.tail.mu.Lock()
	j.tail.refuse = nil
	j.tail.mu.Unlock()
	j.startCommitter()
}

func (j *Journal) rewrite(ctx context.Context, o RewriteOptions) error {
	if err := j.look(); err != nil { // it is the files at these paths that would be replaced
		return err
	}
	same, err := j.unchanged(o)
	if err != nil || same {
		return err
	}
	w, err := j.newWriter(ctx)
	if err == nil {
		if err = j.fill(w, o); err == nil {
			err = w.finish(j.opt.NoSync)
		}
		w.close()
	}
	if err == nil {
		err = j.syncDir(j.place.dir)
	}
	if err != nil {
		j.removeTemporary() // or else the next Open does
		return err
	}
	return j.switchOver(w)
}

// unchanged says whether all rows stay, in the order that they have.
func (j *Journal) unchanged(o RewriteOptions) (bool, error) {
	last := int64(-1)
	for e, err := range fromFile(func() (*os.File, error) { return openForReading(j.place.journal) }, j.place.journal, j.tail.durable()) {
		if err != nil {
			return false, err
		}
		if o.Ordered && e.Index < last || o.Keep != nil && !o.Keep(e) {
			return false, nil
		}
		last = e.Index
	}
	return true, nil
}

// fill copies the rows that stay, after the account of those that do not.
func (j *Journal) fill(w *writer, o RewriteOptions) error {
	old := &replay{path: j.place.journal, ledger: newLedger()}
	if _, err := old.readFile(j.tail.f); err != nil {
		return err
	}
	order := newSorter(j.opt.FS, j.place.sortTmp)
	defer order.close()
	carry, account := old.ledger.totals, old.ledger.account.clone()
	err := walk(j.tail.f, old.path, old.good, func(at int64, e *Entry) error {
		if o.Keep != nil && !o.Keep(*e) {
			return nil
		}
		carry.leave(e)
		old.ledger.complete(e)
		account.leave(e)
		return order.add(o.key(e), at)
	})
	if err != nil {
		return err
	}
	w.begin(old.identity, carry, old.ledger.bounds, account, old.ledger.lost)
	if err := w.history(old, j.tail.f, o.Keep); err != nil {
		return err
	}
	if err := w.intents(old.ledger.lost, j.items.sum); err != nil {
		return err
	}
	w.complete = old.ledger.complete
	return w.copySorted(order, j.tail.f, j.out)
}

// key is what the rows are sorted by.
func (o RewriteOptions) key(e *Entry) int64 {
	if o.Ordered {
		return e.Index
	}
	return e.Offset
}

// leave takes out of the totals what a row that stays accounts for.
func (t *Totals) leave(e *Entry) {
	var own Totals
	own.spend(e.Requests, e.PromptTokens, e.CompletionTokens, e.Cost)
	t.Requests -= own.Requests
	t.PromptTokens -= own.PromptTokens
	t.CompletionTokens -= own.CompletionTokens
	t.Cost -= own.Cost
	t.Unpriced -= own.Unpriced
}

// copySorted copies rows in the sorter's order. Both files are read through
// windows, since rows stand near to where their order has them.
func (w *writer) copySorted(order *sorter, records, rows File) error {
	rec, out := newWindows(records), newWindows(rows)
	var head [maxEntry]byte
	for at, err := range order.sorted() {
		if err != nil {
			return err
		}
		n, err := rec.ReadAt(head[:], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return &Error{Code: CodeIO, Path: w.place.journal, Offset: at, Text: "cannot read the journal", Err: cause(err)}
		}
		_, payload, _, _, ok := parseRecord(head[:n])
		e, parsed := parseEntry(payload)
		if !ok || !parsed {
			return changed(w.place.journal, at)
		}
		if err := w.copyRow(e, out); err != nil {
			return err
		}
	}
	return nil
}

// switchOver makes the new files count, and opens them. A failure here leaves
// it to the next Open which of the two hold.
func (j *Journal) switchOver(w *writer) error {
	fail := func(err error) error {
		return j.fault.set(j.place.journal, "cannot switch to the rewritten output", err)
	}
	j.tail.mu.Lock()
	end, err := j.tail.write(func(b []byte, _ int64) []byte { return switchRecord(b, w.rows().off, w.records().off) })
	if err == nil {
		err = j.tail.sync(end)
	}
	if err != nil {
		return err
	}
	j.closeFiles()
	if err := j.load(); err != nil {
		return fail(err)
	}
	if err := j.startSession(); err != nil {
		return fail(err)
	}
	return nil
}

// perm returns the mode of the output, for the file that replaces it.
func (p place) perm() os.FileMode {
	if info, err := os.Stat(p.output); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}
