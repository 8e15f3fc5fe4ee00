package inspect

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/failures"
	"github.com/seed-1814a72b/paceline/journal"
)

// A Failure is items without an accepted answer that failed alike.
type Failure struct {
	Code    paceline.Code
	HTTP    int    // status of the last answer; 0: none came
	Message string // why the last request failed, as [failures.Alike] has it; "": not known
	Count   int64
	Example journal.Entry // the first of them
}

// maxFailures is how many kinds of failure of a code are told apart.
const maxFailures = 50

// Failures groups items without an accepted answer by code, status and message.
// What differs in numbers and ids alone is alike, and so are answers with the same
// first fault, whatever they have there. Of each code 50 groups are told apart;
// the others count in one of no message.
type Failures struct {
	groups map[failureKey]*Failure
	kinds  map[paceline.Code]int
}

type failureKey struct {
	code    paceline.Code
	http    int
	message string
}

// Add looks at an entry.
func (f *Failures) Add(e *journal.Entry) {
	if e.Status == journal.Done {
		return
	}
	if f.groups == nil {
		f.groups, f.kinds = map[failureKey]*Failure{}, map[paceline.Code]int{}
	}
	key := failureKey{paceline.Code(e.Code), e.Trip.HTTP, failures.Alike(paceline.Code(e.Code), e.Trip.Message)}
	group := f.groups[key]
	if group == nil && f.kinds[key.code] >= maxFailures {
		key = failureKey{code: key.code}
		group = f.groups[key]
	}
	if group == nil {
		key.message = strings.Clone(key.message)
		group = &Failure{Code: key.code, HTTP: key.http, Message: key.message, Example: e.Clone()}
		f.groups[key] = group
		f.kinds[key.code]++
	}
	group.Count++
}

// List returns the groups, the most frequent first.
func (f *Failures) List() []Failure {
	list := make([]Failure, 0, len(f.groups))
	for _, group := range f.groups {
		list = append(list, *group)
	}
	slices.SortFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Example.Index, b.Example.Index))
	})
	return list
}

// ByCode returns one group for each code, the most frequent first.
func (f *Failures) ByCode() []Failure {
	var list []Failure
	for _, group := range f.List() {
		i := slices.IndexFunc(list, func(other Failure) bool { return other.Code == group.Code })
		if i < 0 {
			list = append(list, group)
			continue
		}
		list[i].Count += group.Count
	}
	slices.SortStableFunc(list, func(a, b Failure) int { return cmp.Compare(b.Count, a.Count) })
	return list
}
