package report

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

// A report can be made at any moment of a run, also while the run puts its rows
// into the order of its input.
func TestReadingBesideARunThatWritesAndOrders(t *testing.T) {
	output := filepath.Join(t.TempDir(), "labels.jsonl")
	j, err := journal.Open(output, journal.Options{Identity: []byte("id"), NoSync: true, SyncEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	const items = 4000
	done := make(chan error, 1)
	go func() { done <- writeDown(j, items) }()
	p := &past{items: items}
	for rows, reads := int64(0), 0; ; reads++ {
		r := reread(t, output, p, Options{Running: true})
		if n := r.Items.ended(); n < rows {
			t.Fatalf("%d rows, and %d before", n, rows)
		} else {
			rows = n
		}
		for _, said := range r.Missing {
			if strings.Contains(said, "could not be read") {
				t.Error(said)
			}
		}
		for _, it := range r.Sample {
			if want := fmt.Sprintf("r%d", it.Index); it.ID != want {
				t.Fatalf("the row of item %d is that of %q", it.Index, it.ID)
			}
		}
		select {
		case err := <-done:
			if err != nil || reads == 0 {
				t.Fatalf("after %d reports: %v", reads, err)
			}
			return
		default:
		}
	}
}

// writeDown commits rows from the last item to the first, orders them, and does so
// again with more.
func writeDown(j *journal.Journal, items int64) error {
	for i := items - 1; i >= 0; i-- {
		e := journal.Entry{Index: i, Started: time.Now(), Total: time.Millisecond, Requests: 1}
		row := fmt.Appendf(nil, `{"id":"r%d","index":%d,"llm":{"response":"yes"}}`+"\n", i, i)
		if err := errors.Join(j.Intend(i, 1, 10), j.Append(e, row, func() {})); err != nil {
			return err
		}
		if i%1000 == 0 {
			if err := errors.Join(j.Flush(context.Background()), j.Rewrite(context.Background(), journal.RewriteOptions{Ordered: true})); err != nil {
				return err
			}
		}
	}
	return j.Close()
}
