package flow

import (
	"errors"
	"fmt"
	"strings"
)

// The markers between which a page holds the tables. What stands outside of
// them is written by people.
const (
	Begin = "<!-- bench-flow: begin -->"
	End   = "<!-- bench-flow: end -->"
)

// Titles are the tables' titles in the order of the page.
var Titles = []string{
	titleStrictTen, titleStrictEven, titleStrictJitter, titleStrictMinute, titleStrictReal,
	titleTokens, titleLearn, titleHangs, titlePriority, titleOutage, titleDecide, titlePacing,
}

const (
	titleStrictTen    = "Strict: ten calls at two a second"
	titleStrictEven   = "Strict: an even network"
	titleStrictJitter = "Strict: up to 20 ms of random delay each way"
	titleStrictMinute = "Strict: one-minute windows, up to 20 ms of random delay each way"
	titleStrictReal   = "Strict: real loopback, 60 s"
	titleTokens       = "Token limits"
	titleLearn        = "An unknown limit that changes twice"
	titleHangs        = "Stuck calls"
	titlePriority     = "A high-priority call behind 100,000 low ones"
	titleOutage       = "An hour's outage"
	titleDecide       = "What a decision costs"
	titlePacing       = "Pacing on real timers"
)

// Merge returns the page with the given tables in place of those of the same
// titles; tables that were not measured stay as they are.
func Merge(page string, tables []*Table) (string, error) {
	head, rest, ok := strings.Cut(page, Begin)
	body, tail, ended := strings.Cut(rest, End)
	if !ok || !ended {
		return "", errors.New("the page lacks the markers " + Begin + " and " + End)
	}
	sections := split(body)
	for _, t := range tables {
		sections[t.Title] = t.Markdown()
	}
	var b strings.Builder
	b.WriteString(head + Begin + "\n\n")
	for _, title := range Titles {
		if text := sections[title]; text != "" {
			b.WriteString(strings.TrimRight(text, "\n") + "\n\n")
		}
		delete(sections, title)
	}
	for title := range sections {
		return "", fmt.Errorf("the page has a table %q that no measurement makes: remove it", title)
	}
	return b.String() + End + tail, nil
}

// split returns the sections of a page's body by their titles.
func split(body string) map[string]string {
	sections := map[string]string{}
	for part := range strings.SplitSeq("\n"+body, "\n### ") {
		if title, _, ok := strings.Cut(part, "\n"); ok && strings.TrimSpace(title) != "" {
			sections[title] = "### " + part
		}
	}
	return sections
}
