package prose

import "testing"

func TestASheetIsAligned(t *testing.T) {
	var s Sheet
	s.Row("items", "3 done")
	s.Row("nothing", "")
	s.Row("failures", "", "2 throttled", "1 cut")
	s.Row("none")
	want := "  items        3 done\n  failures     2 throttled\n               1 cut\n"
	if got := s.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
