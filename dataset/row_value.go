package dataset

import (
	"slices"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// appendValues appends what was made of the answers, if anybody did.
func appendValues(dst []byte, choices []paceline.Choice) []byte {
	if !slices.ContainsFunc(choices, func(c paceline.Choice) bool { return c.Value != nil }) {
		return dst
	}
	dst = appendJSON(append(dst, `,"value":`...), choices[0].Value)
	if len(choices) > 1 {
		dst = append(dst, `,"values":[`...)
		for i := range choices {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, choices[i].Value)
		}
		dst = append(dst, ']')
	}
	return appendRepairs(dst, choices)
}

// appendRepairs appends that answers had to be mended, and how.
func appendRepairs(dst []byte, choices []paceline.Choice) []byte {
	var all []string
	for i := range choices {
		for _, r := range choices[i].Repairs {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	if all == nil {
		return dst
	}
	dst = append(dst, `,"repaired":true,"repairs":[`...)
	for i, r := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsontext.Append(dst, r)
	}
	return append(dst, ']')
}
