package flow

import "github.com/seed-1814a72b/paceline/bench/page"

// The markers between which a page holds the tables. What stands outside of
// them is written by people.
const (
	Begin = "<!-- bench-flow: begin -->"
	End   = "<!-- bench-flow: end -->"
)

// Titles are the tables' titles in the order of the page.
var Titles = []string{
	titleStrictTen, titleStrictEven, titleStrictJitter, titleStrictMinute, titleStrictStops, titleStrictReal, titleStrictRealStopped,
	titleTokens, titleLearn, titleStoreless, titleShared, titleHangs, titlePriority, titleOutage, titleDecide, titlePacing,
}

const (
	titleStrictTen         = "Strict: ten calls at two a second"
	titleStrictEven        = "Strict: an even network"
	titleStrictJitter      = "Strict: up to 20 ms of random delay each way"
	titleStrictMinute      = "Strict: one-minute windows, up to 20 ms of random delay each way"
	titleStrictStops       = "Strict: a server that stands still at times"
	titleStrictReal        = "Strict: real loopback, 60 s"
	titleStrictRealStopped = "Strict: real loopback, a server that is stopped at times"
	titleTokens            = "Token limits"
	titleLearn             = "An unknown limit that changes twice"
	titleStoreless         = "An unknown limit of servers that bear no two calls close together"
	titleShared            = "A limit that is not ours alone"
	titleHangs             = "Stuck calls"
	titlePriority          = "A high-priority call behind 100,000 low ones"
	titleOutage            = "An hour's outage"
	titleDecide            = "What a decision costs"
	titlePacing            = "Pacing on real timers"
)

// form is the page's.
var form = page.Form{Begin: Begin, End: End, Titles: Titles}

// Merge returns the page with the given tables in place of those of the same
// titles; tables that were not measured stay as they are.
func Merge(text string, tables []*Table) (string, error) {
	measured := make([]page.Section, len(tables))
	for i, t := range tables {
		measured[i] = page.Section{Title: t.Title, Text: t.Markdown()}
	}
	return form.Merge(text, measured)
}
