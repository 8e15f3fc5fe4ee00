package summary

import (
	"encoding/json"
	"testing"

	"github.com/seed-1814a72b/paceline/journal"
)

func TestPaidTwice(t *testing.T) {
	for _, tt := range []struct {
		totals     journal.Totals
		json, text string
	}{
		{journal.Totals{}, `{"calls":0,"cost_usd":0}`, ""},
		{journal.Totals{Lost: 3, LostCost: 2_700_000}, `{"calls":3,"cost_usd":0.0027}`, "3 calls that brought no row, at most $0.0027"},
		{journal.Totals{Lost: 1, LostUnpriced: 1}, `{"calls":1,"cost_usd":null}`, "1 call that brought no row"},
	} {
		p := PaidTwiceOf(tt.totals)
		if b, err := json.Marshal(p); err != nil || string(b) != tt.json {
			t.Errorf("%+v: %s, %v; want %s", tt.totals, b, err, tt.json)
		}
		if p.String() != tt.text {
			t.Errorf("%+v: %q, want %q", tt.totals, p.String(), tt.text)
		}
	}
}
