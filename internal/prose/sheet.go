package prose

import (
	"fmt"
	"strings"
)

// A Sheet is labelled rows of figures, one below the other, as summaries have
// them. The zero Sheet is empty.
type Sheet struct{ b strings.Builder }

// Row adds a row for each of figures that is not "". The label, of at most 12
// characters, stands before the first.
func (s *Sheet) Row(label string, figures ...string) {
	for _, text := range figures {
		if text != "" {
			fmt.Fprintf(&s.b, "  %-13s%s\n", label, text)
			label = ""
		}
	}
}

// String returns the rows, each with its newline.
func (s *Sheet) String() string { return s.b.String() }
