package cli

import (
	"fmt"
	"strconv"

	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// hedgeShare is --hedge: the share of the calls that may be sent a second time,
// as [paceline.Hedge] has it, 0 for the engine's own and -1 for none.
type hedgeShare struct{ to *float64 }

func (h hedgeShare) Type() string { return "auto|off|SHARE" }

func (h hedgeShare) String() string {
	switch {
	case h.to == nil || *h.to == 0:
		return "auto"
	case *h.to < 0:
		return "off"
	}
	return strconv.FormatFloat(*h.to*100, 'g', 6, 64) + "%"
}

func (h hedgeShare) Set(s string) error {
	switch s {
	case "auto":
		*h.to = 0
		return nil
	case "off":
		*h.to = -1
		return nil
	}
	var f float64
	if (value.Share{To: &f}).Set(s) != nil {
		return fmt.Errorf("%q is not a share of the calls; write 5%% or 0.05, at most 100%%, or auto, or off", s)
	}
	if *h.to = f; f == 0 {
		*h.to = -1
	}
	return nil
}

// checkHedge refuses a share that is less than one call of all n items. 0 items
// stand for a number that is not known.
func (f *runFlags) checkHedge(n int64) error {
	if n == 0 || f.hedge <= 0 || f.hedge*float64(n) >= 1 {
		return nil
	}
	return fmt.Errorf("--hedge: %s of %s is less than one call; give a larger share, auto or off",
		hedgeShare{&f.hedge}, numeral.Items(n))
}
