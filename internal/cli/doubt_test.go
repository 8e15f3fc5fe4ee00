package cli

import (
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

func TestFault43CallsInDoubtAreNamed(t *testing.T) {
	one := []journal.InFlight{{Index: 4, Calls: 1, Cost: journal.Unknown}}
	two := []journal.InFlight{{Index: 4, Calls: 2, Cost: journal.Unknown}}
	many := make([]journal.InFlight, 37)
	for i := range many {
		many[i] = journal.InFlight{Index: int64(i), Calls: 1, Cost: 1_000_000}
	}
	tests := []struct {
		all, latest []journal.InFlight
		want        string
	}{
		{many, many, "37 calls of the last run brought no row (in.jsonl:1, item 1, item 2, item 3, item 4, item 5, item 6, " +
			"item 7, item 8, item 9 and 27 items more); at most $0.037 may be paid twice"},
		{one, one, "1 call of the last run brought no row (item 4); what it costs may be paid twice"},
		{two, two, "2 calls of the last run brought no row (item 4); what they cost may be paid twice"},
		{many[:11], many[:11], "and 1 item more"},
		{many, many[3:5], "2 calls of the last run brought no row (item 3, item 4); with 35 of runs before it, at most $0.037 may be paid twice"},
		{many, nil, "37 calls of earlier runs brought no row; at most $0.037 may be paid twice"},
		{one, nil, "1 call of earlier runs brought no row; what it costs may be paid twice"},
	}
	for _, tt := range tests {
		d := newDoubts(&journal.Recovery{InFlight: tt.all, Latest: tt.latest})
		d.see(&paceline.Item{Index: 0, File: "in.jsonl", Line: 1})
		d.see(&paceline.Item{Index: 36, File: "in.jsonl", Line: 37})
		if got := d.text(); !strings.Contains(got, tt.want) {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
