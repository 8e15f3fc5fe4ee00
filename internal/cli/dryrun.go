package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/journal"
)

// assumedAnswer is how many tokens an answer is taken to have in an estimate
// when nothing limits it.
const assumedAnswer = 200

// dryRun shows the first requests and an estimate, and sends nothing.
func (s *session) dryRun(ctx context.Context) error {
	if !s.input.Rereadable() {
		return errors.New("--dry-run needs files: standard input and pipes can be read only once")
	}
	if err := s.look(ctx, nil); err != nil {
		return err
	}
	var b strings.Builder
	for i, r := range s.survey.first {
		if err := s.writeRequest(ctx, &b, i, r); err != nil {
			return err
		}
	}
	s.writeEstimate(&b)
	s.survey.cautions.tell(s.warn, s.flags.format == "jsonl")
	_, err := s.env.Stdout.Write([]byte(b.String()))
	return err
}

// writeRequest shows a request as it would be sent.
func (s *session) writeRequest(ctx context.Context, b *strings.Builder, i int, r sampleRequest) error {
	req := &paceline.Request{Body: []byte(r.body), Path: r.path}
	sent, err := onTheWire(ctx, &s.pool.Endpoints[0], req, s.flags.NoStream)
	if err != nil {
		return fmt.Errorf("%s: %w", r.place, err)
	}
	fmt.Fprintf(b, "%d. %s: POST %s\n", i+1, r.place, sent.url)
	var pretty bytes.Buffer
	if json.Indent(&pretty, sent.body, "", "  ") != nil {
		pretty.Reset()
		pretty.Write(sent.body)
	}
	b.Write(pretty.Bytes())
	b.WriteString("\n\n")
	return nil
}

// An estimate is what a run may come to.
type estimate struct {
	in, out int64 // tokens
	cost    paceline.Cost
	time    time.Duration // 0: no limit is given
	limit   string        // what makes it take so long
}

func (s *session) estimate() estimate {
	e := estimate{in: s.survey.allTokens(), out: s.survey.maxTokens + s.survey.unbounded*assumedAnswer}
	if len(s.survey.first) > 0 {
		model := s.survey.first[0].model
		e.cost = s.pricing.cost(model, paceline.Usage{Prompt: e.in, Completion: e.out, Known: true})
	}
	requests := s.pool.Total(func(l paceline.Limits) paceline.Rate { return l.Requests })
	tokens := s.pool.Total(func(l paceline.Limits) paceline.Rate { return l.Tokens })
	e.atLeast(requests, s.survey.items, "requests")
	e.atLeast(tokens, e.in+e.out, "tokens")
	e.atLeastFor(s.pool.Total(func(l paceline.Limits) paceline.Rate { return l.Money }))
	return e
}

// atLeast takes a limit into account: n of what it counts take so long.
func (e *estimate) atLeast(limit paceline.Rate, n int64, what string) {
	if limit.IsZero() {
		return
	}
	if d := time.Duration(float64(n) / limit.PerSecond() * float64(time.Second)); d > e.time {
		e.time, e.limit = d, fmt.Sprintf("by the limit of %s %s", numeral.PerUnit(limit.PerSecond(), limit.Per), what)
	}
}

// atLeastFor takes a limit on money into account.
func (e *estimate) atLeastFor(money paceline.Rate) {
	if money.IsZero() || !e.cost.Known {
		return
	}
	if d := time.Duration(e.cost.USD / money.PerSecond() * float64(time.Second)); d > e.time {
		e.time, e.limit = d, fmt.Sprintf("by the limit of %s an hour", price.Dollars(money.PerSecond()*time.Hour.Seconds()))
	}
}

// overBudgets says which budgets the estimate exceeds, "" for none.
func (s *session) overBudgets(e estimate) string {
	var over []string
	for _, b := range []struct {
		flag  string
		over  bool
		limit string
	}{
		{"--max-cost", s.flags.maxCost > 0 && e.cost.USD > s.flags.maxCost, price.Dollars(s.flags.maxCost)},
		{"--max-tokens-total", s.flags.maxTokens > 0 && e.in+e.out > s.flags.maxTokens, numeral.Grouped(s.flags.maxTokens) + " tokens"},
		{"--max-requests", s.flags.maxRequests > 0 && s.survey.items > s.flags.maxRequests, numeral.Grouped(s.flags.maxRequests) + " requests"},
	} {
		if b.over {
			over = append(over, b.flag+" ("+b.limit+")")
		}
	}
	if len(over) == 0 {
		return ""
	}
	return "the run would stop before its end, at " + strings.Join(over, ", ")
}

func (s *session) writeEstimate(b *strings.Builder) {
	e := s.estimate()
	row := func(label, text string) { fmt.Fprintf(b, "  %-8s%s\n", label, text) }
	b.WriteString("Estimate; nothing was sent\n\n")
	row("items", numeral.Grouped(s.survey.items)+s.unreadable())
	row("tokens", fmt.Sprintf("about %s in, %s out (%s)", numeral.Compact(e.in), numeral.Compact(e.out), s.answerBasis()))
	if e.cost.Known {
		row("money", fmt.Sprintf("about %s (%s)", price.USD(e.cost), s.pricing.source))
	} else {
		row("money", "unknown (give the prices with --price in=...,out=...)")
	}
	if over := s.overBudgets(e); over != "" {
		row("budget", over)
	}
	if e.time > 0 {
		row("time", fmt.Sprintf("at least %s %s", numeral.Span(e.time), e.limit))
	} else {
		row("time", "as long as the server takes; no limit is given")
	}
	if n := len(s.pool.Endpoints); n > 1 {
		row("pool", fmt.Sprintf("%d endpoints (%s); the requests above show the first", n, s.pool.Host()))
	}
	if text := s.checks.text(&s.flags.checkFlags); text != "" {
		row("answers", text)
	}
	row("rows", s.target.path+s.alreadyThere())
}

func (s *session) unreadable() string {
	if s.survey.bad == 0 {
		return ""
	}
	return fmt.Sprintf(", of which %s cannot be read (such as %v)", numeral.Grouped(s.survey.bad), s.survey.firstBad)
}

// answerBasis says what the estimate of the answers' tokens rests on.
func (s *session) answerBasis() string {
	switch {
	case s.survey.unbounded == 0:
		return "out at most, by the requests' own limit"
	case s.survey.maxTokens == 0:
		return fmt.Sprintf("out at %d an answer, a guess", assumedAnswer)
	}
	return fmt.Sprintf("out by the requests' own limit, or a guess of %d", assumedAnswer)
}

// alreadyThere says how many rows an earlier run left.
func (s *session) alreadyThere() string {
	if s.target.toStdout || !s.hasJournal() {
		return ""
	}
	r, err := journal.Read(s.target.path)
	if err != nil {
		return ""
	}
	rec := r.Recovered()
	if rec.Rows() == 1 {
		return " (1 row is there; its item would not be sent again)"
	}
	return fmt.Sprintf(" (%s rows are there; their items would not be sent again)", numeral.Grouped(rec.Rows()))
}
