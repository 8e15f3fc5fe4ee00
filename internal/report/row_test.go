package report

import (
	"runtime"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/journal"
)

// TestAnItemDoesNotKeepItsRow reads as many rows as a report shows items, each of
// nearly a MiB with a label for an answer: long documents that were sorted.
func TestAnItemDoesNotKeepItsRow(t *testing.T) {
	text := `{"id":"r1","text":"` + strings.Repeat("x", maxRow-200) + `","llm":{"response":"positive"}}`
	w := writer{rows: &rows{f: strings.NewReader(text)}, course: &course{}}
	e := journal.Entry{Length: int64(len(text)), RowSum: journal.Sum([]byte(text))}
	items := make([]Item, 0, 60)
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	for range cap(items) {
		items = append(items, w.item(&e, mostText))
	}
	if grew := int64(held()) - int64(before); grew > 8<<20 {
		t.Errorf("%d items of a page hold %d MiB", len(items), grew>>20)
	}
	if it := items[59]; it.ID != "r1" || it.Answer != "positive" || w.rows.lost > 0 {
		t.Errorf("read as %s: %q", it.ID, it.Answer)
	}
}
