package live

import (
	"testing"

	"github.com/seed-1814a72b/paceline"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{dollars(paceline.Cost{}), "unknown"}, {dollars(paceline.Cost{USD: 3}), "unknown"},
		{dollars(paceline.Cost{Known: true}), "$0.0000"},
		{dollars(paceline.Cost{USD: 0.00001, Known: true}), "<$0.0001"},
		{dollars(paceline.Cost{USD: 0.0312, Known: true}), "$0.0312"},
		{dollars(paceline.Cost{USD: 5, Known: true}), "$5.00"},
		{dollars(paceline.Cost{USD: 1234.567, Known: true}), "$1,234.57"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
