package report

import (
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// Markdown returns the report as Markdown: the words and tables of the page, for
// a ticket or a terminal. What items and servers say is escaped.
func (r *Report) Markdown() string {
	v := newView(r, r.charts())
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", plain(r.Headline))
	fmt.Fprintf(&b, "%s: %s", plain(r.Output), v.StateWords())
	for _, part := range []string{r.Run.Model, r.Run.Host, v.Inputs(), v.When()} {
		if part != "" {
			b.WriteString(" · " + plain(part))
		}
	}
	b.WriteString("\n\n")
	for _, k := range v.Keys() {
		fmt.Fprintf(&b, "- %s: **%s**", k.Name, k.Value)
		if k.Note != "" {
			fmt.Fprintf(&b, " (%s)", k.Note)
		}
		b.WriteString("\n")
	}
	for _, m := range r.Missing {
		fmt.Fprintf(&b, "\n> %s\n", plain(m))
	}
	v.limitsMarkdown(&b)
	v.requestsMarkdown(&b)
	v.failuresMarkdown(&b)
	v.slowestMarkdown(&b)
	fmt.Fprintf(&b, "\nWritten %s by Paceline.\n", v.WrittenAt())
	return tamed.Text(b.String())
}

func (v *view) limitsMarkdown(b *strings.Builder) {
	if len(v.LimitedBy) == 0 {
		return
	}
	b.WriteString("\n## What limited it\n\n| limited by | share | time |\n|---|--:|--:|\n")
	for _, s := range v.Bars() {
		fmt.Fprintf(b, "| %s | %s | %s |\n", s.Words, s.Share, s.Time)
	}
	for _, a := range v.Advice {
		fmt.Fprintf(b, "\n→ %s\n", plain(a))
	}
}

func (v *view) requestsMarkdown(b *strings.Builder) {
	b.WriteString("\n## Where the requests went\n\n| requests that | requests | share | tokens in | tokens out | cost |\n|---|--:|--:|--:|--:|--:|\n")
	for _, row := range v.Ledger() {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", row.What, row.Requests, row.Share, row.In, row.Out, row.Cost)
	}
	if rows := v.Endpoints(); len(rows) > 0 {
		b.WriteString("\n## Endpoints\n\n| endpoint | model | requests | throttled | failed | median | p99 |\n|---|---|--:|--:|--:|--:|--:|\n")
		for _, e := range rows {
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", plain(e.Name), plain(e.Model), e.Requests, e.Throttled, e.Failed, e.P50, e.P99)
		}
	}
}

func (v *view) failuresMarkdown(b *strings.Builder) {
	rows := v.Failures()
	if len(rows) == 0 {
		return
	}
	b.WriteString("\n## Items without an accepted answer\n\n| cause | items | example |\n|---|--:|---|\n")
	for _, f := range rows {
		fmt.Fprintf(b, "| %s | %s | %s |\n", f.Cause, f.Count, code(tamed.Short(f.Example, 160)))
	}
}

// mostMarkdown is how many of the slowest items Markdown lists.
const mostMarkdown = 10

func (v *view) slowestMarkdown(b *strings.Builder) {
	if len(v.Slowest) == 0 {
		return
	}
	b.WriteString("\n## The slowest items\n\n| item | status | took | requests | cost |\n|---|---|--:|--:|--:|\n")
	for i := range v.Slowest[:min(len(v.Slowest), mostMarkdown)] {
		it := &v.Slowest[i]
		took := "–"
		if it.TookS != nil {
			took = numeral.Latency(seconds(*it.TookS))
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", code(it.name()), it.Status, took, numeral.Grouped(it.Requests), usd(it.CostUSD))
	}
}

// code returns a text as code, where Markdown takes nothing for its own: no link,
// no mention of anybody, no picture. It is longer by a backtick at each side than
// the longest row of them in it.
func code(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return ""
	}
	fence, row := "`", 0
	for _, r := range text {
		if row++; r != '`' {
			row = 0
		}
		if row >= len(fence) {
			fence += "`"
		}
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + strings.ReplaceAll(text, "|", "\\|") + fence
}

// markup is what Markdown, or HTML in it, would take for its own.
var markup = strings.NewReplacer(
	"\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", "\\*", "`", "\\`", "[", "\\[", "]", "\\]", "#", "\\#", "_", "\\_", "~", "\\~",
	"\n", " ", "\r", " ",
)

// plain returns a text that Markdown shows as it is, on one line.
func plain(text string) string { return markup.Replace(text) }
