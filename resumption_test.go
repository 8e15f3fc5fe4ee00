package paceline

import "testing"

// Items are passed over where most of the last ones were, be they one after the other
// or with some between them that are left; a few that are do not count.
func TestWhenItemsArePassedOver(t *testing.T) {
	for _, c := range []struct {
		name         string
		passed, take int // of each round
		rounds       int
		want         bool
	}{
		{"none", 0, 1000, 1, false},
		{"a few", manyPassed - 1, 0, 1, false},
		{"many", manyPassed, 0, 1, true},
		{"many, and then as many that are left", 9000, manyPassed + 1, 1, false},
		{"nine of ten", 9, 1, 20, true},
		{"one of ten", 1, 9, 1000, false},
	} {
		var p resumption
		told := 0
		for range c.rounds {
			for range c.passed {
				if p.pass() {
					told++
				}
			}
			for range c.take {
				p.take()
			}
		}
		if p.passing() != c.want || told > 1 || c.want && told != 1 {
			t.Errorf("%s: passed over %v, told %d times", c.name, p.passing(), told)
		}
	}
}
