// Package page writes the tables of measurements into pages whose other text
// people write.
package page

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Form is what a page with tables looks like.
type Form struct {
	Begin, End string   // the markers between which it holds them
	Titles     []string // of the tables, in the order of the page
}

// A Section is a table with its title, in Markdown: "### " and the title are
// its first line.
type Section struct{ Title, Text string }

// Merge returns the page with the given sections in place of those of the same
// titles; tables that were not measured stay as they are.
func (f Form) Merge(page string, measured []Section) (string, error) {
	head, rest, ok := strings.Cut(page, f.Begin)
	body, tail, ended := strings.Cut(rest, f.End)
	if !ok || !ended {
		return "", errors.New("the page lacks the markers " + f.Begin + " and " + f.End)
	}
	sections := split(body)
	for _, s := range measured {
		sections[s.Title] = s.Text
	}
	for title := range sections {
		if !slices.Contains(f.Titles, title) {
			return "", fmt.Errorf("the page has a table %q that no measurement makes: remove it", title)
		}
	}
	var b strings.Builder
	b.WriteString(head + f.Begin + "\n\n")
	for _, title := range f.Titles {
		if text := sections[title]; text != "" {
			b.WriteString(strings.TrimRight(text, "\n") + "\n\n")
		}
	}
	return b.String() + f.End + tail, nil
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
