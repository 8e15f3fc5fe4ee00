package runs

import (
	"fmt"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/inspect"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/journal"
)

// foundFailure is items that failed alike, as JSON.
type foundFailure struct {
	Cause   string    `json:"cause"`
	HTTP    *int      `json:"http"`
	Message *string   `json:"message"`
	Count   int64     `json:"count"`
	Example foundItem `json:"example"`
}

func (r *runFile) foundFailure(f *inspect.Failure) foundFailure {
	found := foundFailure{Cause: f.Code.String(), HTTP: known(f.HTTP, 0), Message: known(f.Message, ""), Count: f.Count, Example: newFoundItem(&f.Example)}
	found.Example.Message = known(r.why(&f.Example), "")
	return found
}

// showFailures writes the groups of failures.
func (r *runFile) showFailures(out *findings) error {
	var failures inspect.Failures
	err := r.Visit(journal.Visitor{Entry: func(e *journal.Entry) error {
		failures.Add(e)
		return nil
	}})
	if err != nil {
		return err
	}
	list := failures.List()
	if len(list) == 0 && !out.json {
		return out.line("%s: no row failed", r.name)
	}
	for i := range list {
		f := &list[i]
		if out.json {
			err = out.object(r.foundFailure(f))
		} else {
			err = out.line("%10s  %s", numeral.Grouped(f.Count), r.failureText(f))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// failureText is a group of failures with its example, on a line.
func (r *runFile) failureText(f *inspect.Failure) string {
	text := f.Code.String()
	if f.HTTP >= 300 {
		text += fmt.Sprintf(" (HTTP %d)", f.HTTP)
	}
	text += fmt.Sprintf(", such as item %d", f.Example.Index)
	if why := r.why(&f.Example); why != "" {
		text += ": " + why
	}
	return text
}

// showTop writes the items that took longest, or cost most.
func (r *runFile) showTop(out *findings, most int64, slowest bool) error {
	top := inspect.Costliest(int(most))
	if slowest {
		top = inspect.Slowest(int(most))
	}
	err := r.Visit(journal.Visitor{Entry: func(e *journal.Entry) error {
		top.Add(e)
		return nil
	}})
	if err != nil {
		return err
	}
	list := top.Entries()
	if len(list) == 0 && !out.json {
		return out.line("%s: no row tells %s", r.name, map[bool]string{true: "how long it took", false: "what it cost"}[slowest])
	}
	if !out.json {
		out.line("%s", itemHead)
	}
	for i := range list {
		if out.json {
			err = out.object(newFoundItem(&list[i]))
		} else {
			err = out.line("%s", itemText(&list[i]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// itemHead is the head of the lines that itemText makes.
var itemHead = fmt.Sprintf("  %10s  %-9s  %9s  %8s  %9s  %9s  %9s  %10s  %s",
	"item", "status", "took", "requests", "last took", "tokens in", "out", "cost", "request id of the last")

func itemText(e *journal.Entry) string {
	cost := "-"
	if e.Cost >= 0 {
		cost = price.USD(price.Nano(e.Cost))
	}
	return fmt.Sprintf("  %10d  %-9s  %9s  %8d  %9s  %9s  %9s  %10s  %s", e.Index, paceline.Status(e.Status),
		numeral.Latency(inspect.Took(e)), e.Requests, numeral.Latency(e.Total), tokensText(e.PromptTokens), tokensText(e.CompletionTokens), cost, orDash(e.Trip.RequestID))
}

func tokensText(n int64) string {
	if n < 0 {
		return "-"
	}
	return numeral.Grouped(n)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// showAttempts writes every request as the journal tells of it.
func (r *runFile) showAttempts(out *findings) error {
	if !out.json {
		out.line("%s", requestHead(true))
	}
	var began time.Time
	return inspect.Requests(r, func(q *inspect.Request) error {
		if out.json {
			return out.object(newFoundRequest(q))
		}
		if began.IsZero() {
			began = q.Trip.Started
		}
		return out.line("%s", requestText(q, began, true))
	})
}
