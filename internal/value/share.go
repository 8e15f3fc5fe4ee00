package value

import (
	"fmt"
	"strconv"
	"strings"
)

// Share is a part of all calls: 0.05, or 5%.
type Share struct{ To *float64 }

func (v Share) Type() string { return "SHARE" }

func (v Share) String() string {
	if v.To == nil || *v.To == 0 {
		return ""
	}
	return strconv.FormatFloat(*v.To, 'g', -1, 64)
}

func (v Share) Set(s string) error {
	number, isPercent := strings.CutSuffix(strings.TrimSpace(s), "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if isPercent {
		f /= 100
	}
	if err != nil || !(f >= 0 && f <= 1) {
		return fmt.Errorf("%q is not a share of the calls; write 0.05 or 5%%, from 0 to 1", s)
	}
	*v.To = f
	return nil
}
