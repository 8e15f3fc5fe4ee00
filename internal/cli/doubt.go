package cli

import (
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/journal"
)

// namedInDoubt is how many items with calls in doubt are named.
const namedInDoubt = 10

// doubts are the calls that earlier sessions sent and whose end nobody knows, since
// the process or the disk gave out. Those of the latest session are told by their
// items; those before were told when it began, and are only counted.
type doubts struct {
	calls  int64 // of all sessions, for items that have no row yet
	cost   int64 // of these at most, in billionths of a US dollar; below 0: not known
	latest []journal.InFlight
	places map[int64]string // of those that are named, as far as they were seen
}

func newDoubts(rec *journal.Recovery) doubts {
	d := doubts{latest: rec.Latest, places: map[int64]string{}}
	d.calls, d.cost = rec.Calls()
	for _, in := range d.latest[:min(len(d.latest), namedInDoubt)] {
		d.places[in.Index] = fmt.Sprintf("item %d", in.Index)
	}
	return d
}

// see notes where an item stands, if it is one of those that are named.
func (d *doubts) see(it *paceline.Item) {
	if _, named := d.places[it.Index]; named {
		d.places[it.Index] = itemPlace(it)
	}
}

// text tells of them: how many calls, of which items, and what that may cost.
func (d *doubts) text() string {
	var ofLast int64
	for _, in := range d.latest {
		ofLast += in.Calls
	}
	before := d.calls - ofLast
	switch {
	case ofLast == 0:
		return fmt.Sprintf("%s of earlier runs brought no row; %s", numeral.Counted(before, "call"), d.most(before == 1))
	case before == 0:
		return fmt.Sprintf("%s of the last run brought no row (%s); %s", numeral.Counted(ofLast, "call"), d.names(), d.most(ofLast == 1))
	}
	return fmt.Sprintf("%s of the last run brought no row (%s); with %s of runs before it, %s",
		numeral.Counted(ofLast, "call"), d.names(), numeral.Grouped(before), d.most(false))
}

// most says what may be paid twice; one: of a single call.
func (d *doubts) most(one bool) string {
	switch {
	case d.cost >= 0:
		return "at most " + price.USD(price.Nano(d.cost)) + " may be paid twice"
	case one:
		return "what it costs may be paid twice"
	}
	return "what they cost may be paid twice"
}

// names names the items, or the first of them.
func (d *doubts) names() string {
	var names []string
	for _, in := range d.latest[:min(len(d.latest), namedInDoubt)] {
		names = append(names, d.places[in.Index])
	}
	if more := int64(len(d.latest) - len(names)); more > 0 {
		return strings.Join(names, ", ") + " and " + numeral.Items(more) + " more"
	}
	return strings.Join(names, ", ")
}
