package paceline_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/witness"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/sim"
)

// wire counts the calls in flight.
type wire struct {
	paceline.Provider
	now, most atomic.Int64
}

func (w *wire) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	n := w.now.Add(1)
	defer w.now.Add(-1)
	for most := w.most.Load(); n > most && !w.most.CompareAndSwap(most, n); most = w.most.Load() {
	}
	return w.Provider.Attempt(ctx, req, emit)
}

// judge holds the finished job against the provider's ledger: one row for each
// item, each answer one that was given to it, attempts within their budget,
// tokens and money as the provider counted them up to what is marked as unknown
// or lost, the rate kept, and the key nowhere.
func (tr *trial) judge(ledger sim.Ledger) {
	t := tr.t
	r, err := journal.Read(filepath.Join(tr.folder, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	rec := r.Recovered()
	if rec.Rows() != tr.items {
		t.Errorf("%d rows of %d items", rec.Rows(), tr.items)
	}
	tr.judgeRows(r, &ledger)
	tr.judgeRequests(rec, &ledger)
	tr.judgeTokens(rec, &ledger)
	tr.judgeRate(&ledger)
	tr.findCanary()
	t.Logf("%d items, %d requests in %d sessions, %d killed; %d lost; %+v", tr.items, ledger.Requests,
		len(tr.sessions), tr.killed, rec.Totals.Lost, rec.Account)
}

func (tr *trial) judgeRows(r *journal.Reader, ledger *sim.Ledger) {
	t := tr.t
	answers := witness.AnswersOf(ledger)
	rows, err := os.ReadFile(filepath.Join(tr.folder, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	seen, end := map[int64]bool{}, int64(0)
	for e, err := range r.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		row := rows[e.Offset : e.Offset+e.Length]
		if e.Offset != end || journal.Sum(row) != e.RowSum || seen[e.Index] {
			t.Errorf("item %d: its row is damaged, or not its first", e.Index)
		}
		seen[e.Index], end = true, e.Offset+e.Length
		tr.judgeRow(e, string(row), answers)
	}
	if end != int64(len(rows)) {
		t.Errorf("the output has %d bytes, of which %d are rows", len(rows), end)
	}
}

func (tr *trial) judgeRow(e journal.Entry, row string, answers witness.Answers) {
	t := tr.t
	if !gjson.Valid(row) || gjson.Get(row, "index").Int() != e.Index {
		t.Errorf("item %d has the row %s", e.Index, row)
	}
	if most := int64(tr.cfg.Retry.Attempts + tr.cfg.Asks); e.Attempts > most {
		t.Errorf("item %d took %d attempts, and may have %d", e.Index, e.Attempts, most)
	}
	if e.Status != journal.Done {
		return
	}
	rec, err := answers.Of(row)
	if err != nil {
		t.Errorf("item %d: %v", e.Index, err)
	} else if e.Brought.CompletionTokens > int64(rec.CompletionTokens) {
		t.Errorf("item %d: %d tokens are reported of %d", e.Index, e.Brought.CompletionTokens, rec.CompletionTokens)
	}
}

// judgeRequests: the journal knows of every request that the provider saw, and
// of no others but those that may not have arrived.
func (tr *trial) judgeRequests(rec journal.Recovery, ledger *sim.Ledger) {
	t := tr.t
	if n := rec.Account.Requests(); n != rec.Totals.Requests {
		t.Errorf("%d requests are accounted for, of %d: %+v", n, rec.Totals.Requests, rec.Account)
	}
	all := rec.Totals.Requests + rec.Totals.Lost
	astray := rec.Totals.Lost
	for _, code := range []paceline.Code{paceline.CodeConnection, paceline.CodeOutrun, paceline.CodeCanceled} {
		astray += rec.Account.Wasted[uint8(code)].Requests
	}
	if ledger.Requests > all || ledger.Requests < all-astray {
		t.Errorf("the provider saw %d requests; the journal knows of %d, of which %d may not have arrived", ledger.Requests, all, astray)
	}
}

// judgeTokens: what is reported was used, and what was used beyond it is marked
// as unknown or lost.
func (tr *trial) judgeTokens(rec journal.Recovery, ledger *sim.Ledger) {
	t := tr.t
	sum := rec.Account.Answered
	for _, s := range rec.Account.Wasted {
		sum.Merge(s)
	}
	used := ledger.Complete.CompletionTokens + ledger.Partial.CompletionTokens
	in := ledger.Complete.PromptTokens + ledger.Partial.PromptTokens
	if sum.CompletionTokens > used || sum.PromptTokens > in {
		t.Errorf("%d and %d tokens are reported, the provider counted %d and %d", sum.PromptTokens, sum.CompletionTokens, in, used)
	}
	if unknown := sum.Unmetered + rec.Totals.Lost; unknown == 0 && (sum.CompletionTokens != used || sum.PromptTokens != in) {
		t.Errorf("%d and %d tokens are reported, the provider counted %d and %d, and nothing is marked as unknown", sum.PromptTokens, sum.CompletionTokens, in, used)
	}
	var missing int64 // answers whose tokens the provider counted and that we report as unknown, at most
	for _, r := range ledger.Records {
		if r.CompletionTokens > 0 {
			missing++
		}
	}
	if reported := sum.Requests - sum.Unmetered; missing > reported+sum.Unmetered+rec.Totals.Lost {
		t.Errorf("the provider was paid for %d answers; %d are reported, %d unknown, %d lost", missing, reported, sum.Unmetered, rec.Totals.Lost)
	}
}

// judgeRate: in no second of a session did more requests arrive than the limit
// and its burst allow. A session that follows a kill knows nothing of the calls
// before it.
func (tr *trial) judgeRate(ledger *sim.Ledger) {
	limit := tr.cfg.Limits.Requests
	if limit.IsZero() {
		return
	}
	most := int(limit.N)
	if tr.cfg.Limits.Window != paceline.Strict {
		most *= 2 // a bucket that was full
	}
	for _, s := range tr.sessions {
		var at []time.Time
		for _, r := range ledger.Records {
			if !r.At.Before(s.from) && !r.At.After(s.to) {
				at = append(at, r.At)
			}
		}
		slices.SortFunc(at, time.Time.Compare)
		for i := most; i < len(at); i++ {
			if d := at[i].Sub(at[i-most]); d < time.Second {
				tr.t.Errorf("%d requests in %v, the limit is %v (window %v)", most+1, d, limit, tr.cfg.Limits.Window)
				return
			}
		}
	}
}

func (tr *trial) findCanary() {
	for _, text := range tr.said {
		if strings.Contains(text, canaryKey) {
			tr.t.Errorf("an error tells the key: %s", text)
		}
	}
	paths, err := witness.Telling(tr.home, canaryKey)
	if len(paths) > 0 || err != nil {
		tr.t.Errorf("the key stands in %q, %v", paths, err)
	}
}
