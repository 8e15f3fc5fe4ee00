package report

import "github.com/seed-1814a72b/paceline/internal/chart"

// A Line is a series of values; what is not known is null in JSON.
type Line = chart.Values

// missing returns a line of n values that are not known.
func missing(n int) Line {
	l := make(Line, n)
	for i := range l {
		l[i] = chart.Missing()
	}
	return l
}

// known reports whether any value of a line is.
func known(l Line) bool {
	for _, v := range l {
		if v == v {
			return true
		}
	}
	return false
}
