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

// doubts are the items without a row for which earlier sessions sent calls
// whose end nobody knows, since the process or the disk gave out.
type doubts struct {
	items  []journal.InFlight
	places map[int64]string // of those that are named, as far as they were seen
}

func newDoubts(items []journal.InFlight) doubts {
	d := doubts{items: items, places: map[int64]string{}}
	for _, in := range items[:min(len(items), namedInDoubt)] {
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
func (d *doubts) text(calls, nanoDollars int64) string {
	brought, most := "calls of earlier runs brought no row", "what they cost may be paid twice"
	if calls == 1 {
		brought, most = "call of an earlier run brought no row", "what it costs may be paid twice"
	}
	if nanoDollars >= 0 {
		most = "at most " + price.USD(price.Nano(nanoDollars)) + " may be paid twice"
	}
	return fmt.Sprintf("%s %s (%s); %s", numeral.Grouped(calls), brought, d.names(), most)
}

// names names the items, or the first of them.
func (d *doubts) names() string {
	var names []string
	for _, in := range d.items[:min(len(d.items), namedInDoubt)] {
		names = append(names, d.places[in.Index])
	}
	if more := int64(len(d.items) - len(names)); more > 0 {
		return strings.Join(names, ", ") + " and " + numeral.Items(more) + " more"
	}
	return strings.Join(names, ", ")
}
