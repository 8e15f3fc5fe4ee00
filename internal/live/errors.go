package live

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/seed-1814a72b/paceline/internal/failures"
)

// A seenError is an error as the view has it.
type seenError struct{ failures.Failure }

// name is the code as it stands in rows and logs, with the status.
func (e *seenError) name() string {
	if e.Status < 300 {
		return e.Code.String()
	}
	return e.Code.String() + " " + strconv.Itoa(e.Status)
}

// An errorList is the last errors of a run, each at a place that it keeps while it
// is in view. Observe may be called from anywhere, list from one goroutine. The
// zero value is empty.
type errorList struct {
	failures.List
	places []failures.Kind
}

// list returns the errors in view: the last seen ones. A new one takes the place
// of one that is no longer among them.
func (l *errorList) list() []seenError {
	recent, _ := l.Recent(errorsShown)
	slices.SortFunc(recent, func(a, b failures.Failure) int { return cmp.Compare(a.Order, b.Order) })
	list := make([]seenError, len(recent))
	var added []failures.Failure
	for _, f := range recent {
		if place := slices.Index(l.places, f.Kind); place >= 0 {
			list[place] = seenError{f}
		} else {
			added = append(added, f)
		}
	}
	for i := range list {
		if list[i].Count == 0 {
			list[i], added = seenError{added[0]}, added[1:]
		}
	}
	l.places = l.places[:0]
	for i := range list {
		l.places = append(l.places, list[i].Kind)
	}
	return list
}
