// Package status says how a run stands: its rates and time of arrival from one look
// to the next, what holds it back, and all of it in words and as JSON. The terminal,
// `paceline ctl`, the page and the log say the same since they have it from here.
package status

import (
	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// Facts are what does not change while a run goes on.
type Facts struct {
	Total  int64         // items of the whole input, those done earlier included; 0: not known
	Done   int64         // of Total, those that had their row when the run started
	Model  string        // "" when each item has its own
	Output string        // where the rows go
	Budget paceline.Cost // what all sessions may spend; unknown: no budget
	Spent  paceline.Cost // what earlier sessions spent
}

// State is how a run stands at one moment.
type State struct {
	Facts    Facts
	Stats    paceline.Stats
	Pace     Pace
	Stopping bool // nothing starts any more, since it was interrupted
	Held     bool // it was paused by hand, and a key of whoever reads this lets it go on
}

// Rows counts the items that have their row, those done earlier included.
func (s *State) Rows() int64 { return s.Stats.Ended() + s.Stats.Resumed }

// Over reports whether all items have their row.
func (s *State) Over() bool { return s.Facts.Total > 0 && s.Rows() >= s.Facts.Total }

// Headline is the one line printed before a run.
func (f *Facts) Headline() string {
	text := "paceline: items as they come"
	if f.Total > 0 {
		text = "paceline: " + numeral.Items(f.Total)
	}
	if f.Done > 0 {
		text += " (" + numeral.Grouped(f.Done) + " already done)"
	}
	if f.Model != "" {
		text += ", " + f.Model
	}
	if f.Output != "" {
		text += " -> " + f.Output
	}
	return text
}
