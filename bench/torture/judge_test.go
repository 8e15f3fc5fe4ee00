//go:build unix

package torture

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/witness"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/sim"
)

// committed are the rows that a dead process left, by item.
type committed map[int64]journal.Entry

// next reads what is committed now, and fails the test for a row that was
// committed before and is not there, or not the same, or not whole. Rows of
// items that failed may be gone if they were to be sent again.
func (c committed) next(t *testing.T, f folder, again bool) committed {
	t.Helper()
	now := committed{}
	r, err := journal.Read(f.file("out.jsonl"))
	if err != nil {
		e, ok := errors.AsType[*journal.Error](err)
		switch {
		case errors.Is(err, fs.ErrNotExist), ok && e.Code == journal.CodeNoJournal:
			if len(c) > 0 {
				t.Errorf("the journal is gone, with %d rows: %v", len(c), err)
			}
			return now
		case ok && strings.Contains(e.Text, "being rewritten"):
			if again { // the next process completes it, and may send them
				maps.DeleteFunc(c, func(_ int64, e journal.Entry) bool { return e.Status != journal.Done })
			}
			return c
		}
		t.Errorf("a killed process left a journal that cannot be read: %v", err)
		return c
	}
	rows, err := os.ReadFile(f.file("out.jsonl"))
	if err != nil {
		t.Error(err)
		return c
	}
	for e, err := range r.Entries() {
		if err != nil {
			t.Error(err)
			return c
		}
		if _, twice := now[e.Index]; twice {
			t.Errorf("item %d has two rows", e.Index)
		}
		if e.Offset+e.Length > int64(len(rows)) || journal.Sum(rows[e.Offset:e.Offset+e.Length]) != e.RowSum {
			t.Errorf("the committed row of item %d is not there", e.Index)
		}
		now[e.Index] = e
	}
	c.allIn(t, now, again)
	return now
}

// end is how many bytes of the output are committed.
func (c committed) end() (end int64) {
	for _, e := range c {
		end = max(end, e.Offset+e.Length)
	}
	return end
}

func (c committed) allIn(t *testing.T, now committed, again bool) {
	t.Helper()
	for i, was := range c {
		is, there := now[i]
		switch {
		case again && was.Status != journal.Done:
		case !there:
			t.Errorf("the row of item %d was committed and is lost", i)
		case is.RowSum != was.RowSum:
			t.Errorf("the row of item %d is another one now", i)
		}
	}
}

// judge holds the finished round against the simulator's ledger.
func (r *round) judge() {
	r.t.Helper()
	ledger := r.provider.ledger(r.t)
	answers := witness.AnswersOf(&ledger)
	data, err := os.ReadFile(r.folder.file("out.jsonl"))
	if err != nil {
		r.t.Fatal(err)
	}
	seen := map[int64]bool{}
	last := int64(-1)
	for row := range strings.Lines(string(data)) {
		i := r.row(row, answers)
		if seen[i] {
			r.t.Errorf("item %d has two rows", i)
		}
		if r.ordered && i < last {
			r.t.Errorf("item %d stands behind item %d", i, last)
		}
		seen[i], last = true, i
	}
	if len(seen) != r.items {
		r.t.Errorf("%d items have rows, want %d", len(seen), r.items)
	}
	r.rows += int64(len(seen))
	r.account(&ledger)
	r.findCanary()
}

// row checks one row: whole, of its item, its answer one that was given to it.
func (r *round) row(row string, answers witness.Answers) int64 {
	if !strings.HasSuffix(row, "\n") || !gjson.Valid(row) {
		r.t.Errorf("a torn row: %.200q", row)
		return -1
	}
	i := gjson.Get(row, "index").Int()
	text := gjson.Get(row, "text").String()
	if !strings.HasPrefix(text, "item-"+gjson.Get(row, "index").Raw+" ") || gjson.Get(row, "id").String() != "i"+gjson.Get(row, "index").Raw {
		r.t.Errorf("row %d has the fields of another item: %.200s", i, row)
	}
	answer := gjson.Get(row, "llm.response")
	if gjson.Get(row, "llm.error").Exists() || answer.Type == gjson.Null {
		return i
	}
	if _, err := answers.Of(row); err != nil {
		r.t.Errorf("item %d: %v", i, err)
	}
	return i
}

// account holds the summary against the ledger: no request that it does not
// know of, and no more than those that may not have arrived; no token that the
// provider did not count.
func (r *round) account(ledger *sim.Ledger) {
	summary, err := os.ReadFile(r.folder.file("summary.json"))
	if err != nil {
		r.t.Fatal(err)
	}
	get := func(path string) gjson.Result { return gjson.GetBytes(summary, path) }
	requests, lost := get("requests").Int(), get("possibly_paid_twice.calls").Int()
	r.requests += requests
	r.lost += lost
	if requests < ledger.Requests {
		r.t.Errorf("the summary counts %d requests, the provider saw %d", requests, ledger.Requests)
	}
	astray := lost // and what a dead connection or a lost race kept from arriving
	for _, c := range get("waste.by_cause").Array() {
		if cause := c.Get("cause").String(); cause == "retried" || cause == "hedge_losers" {
			astray += c.Get("requests").Int()
		}
	}
	if requests-astray > ledger.Requests {
		r.t.Errorf("the summary counts %d requests of which %d may not have arrived, the provider saw %d", requests, astray, ledger.Requests)
	}
	out := ledger.Complete.CompletionTokens + ledger.Partial.CompletionTokens
	if n := get("completion_tokens").Int(); n > out {
		r.t.Errorf("the summary counts %d tokens, the provider %d", n, out)
	}
	if n := get("answered.requests").Int(); n != get("done").Int() {
		r.t.Errorf("%d requests brought an accepted row, and there are %d", n, get("done").Int())
	}
	wasted := int64(0)
	for _, c := range get("waste.by_cause").Array() {
		wasted += c.Get("requests").Int()
	}
	if n := get("waste.requests").Int(); wasted != n || requests != n+get("answered.requests").Int() {
		r.t.Errorf("the waste does not add up: %s", summary)
	}
}

// findCanary looks for the key in all that was written.
func (r *round) findCanary() {
	for _, text := range r.said {
		if strings.Contains(text, canary) {
			r.t.Errorf("a process told the key: %s", text)
		}
	}
	paths, err := witness.Telling(r.folder.path, canary)
	if len(paths) > 0 || err != nil {
		r.t.Errorf("the key stands in %q, %v", paths, err)
	}
}
