package cli

import (
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

func TestFault43CallsInDoubtAreNamed(t *testing.T) {
	one := []journal.InFlight{{Index: 4, Calls: 1}}
	many := make([]journal.InFlight, 37)
	for i := range many {
		many[i].Index = int64(i)
	}
	tests := []struct {
		items       []journal.InFlight
		calls, cost int64
		want        string
	}{
		{many, 40, 40_000_000, "40 calls of earlier runs brought no row (in.jsonl:1, item 1, item 2, item 3, item 4, item 5, item 6, " +
			"item 7, item 8, item 9 and 27 items more); at most $0.04 may be paid twice"},
		{one, 1, journal.Unknown, "1 call of an earlier run brought no row (item 4); what it costs may be paid twice"},
		{one, 2, journal.Unknown, "2 calls of earlier runs brought no row (item 4); what they cost may be paid twice"},
		{many[:11], 11, 0, "and 1 item more"},
	}
	for _, tt := range tests {
		d := newDoubts(tt.items)
		d.see(&paceline.Item{Index: 0, File: "in.jsonl", Line: 1})
		d.see(&paceline.Item{Index: 36, File: "in.jsonl", Line: 37})
		if got := d.text(tt.calls, tt.cost); !strings.Contains(got, tt.want) {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
