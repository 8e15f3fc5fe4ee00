package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/prompt"
	"github.com/seed-1814a72b/paceline/internal/summary"
)

// A failureLog counts this session's failed items by cause and keeps one
// example of each. It is used by one goroutine at a time: the sink's, then the
// one that reports.
type failureLog struct {
	counts   map[paceline.Code]int64
	examples map[paceline.Code]string
}

func (l *failureLog) add(r *paceline.Result) {
	if r.Status == paceline.StatusDone || r.Err == nil {
		return
	}
	if l.counts == nil {
		l.counts, l.examples = map[paceline.Code]int64{}, map[paceline.Code]string{}
	}
	l.counts[r.Err.Code]++
	if _, ok := l.examples[r.Err.Code]; !ok {
		l.examples[r.Err.Code] = exampleOf(r)
	}
}

// exampleOf returns the place of an item and why it failed.
func exampleOf(r *paceline.Result) string {
	if r.Item.Err != nil {
		return r.Item.Err.Error() // names its place by itself
	}
	if e, ok := errors.AsType[*prompt.ItemError](r.Err.Err); ok {
		return e.Error() // likewise
	}
	message := r.Err.Message
	if message == "" && r.Err.Err != nil {
		message = r.Err.Err.Error()
	}
	if r.Err.Status >= 300 { // not that of an answer which was not accepted
		return fmt.Sprintf("%s: HTTP %d %s", itemPlace(&r.Item), r.Err.Status, message)
	}
	return fmt.Sprintf("%s: %s", itemPlace(&r.Item), message)
}

// list returns the causes counted in counts, most frequent first.
func (l *failureLog) list(counts map[paceline.Code]int64) []summary.Failure {
	list := make([]summary.Failure, 0, len(counts))
	for code, n := range counts {
		list = append(list, summary.Failure{Code: code.String(), Count: n, Example: l.examples[code]})
	}
	slices.SortFunc(list, func(a, b summary.Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return list
}
