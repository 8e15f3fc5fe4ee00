package runs

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/inspect"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/journal"
)

// foundHistory is an item's history as JSON.
type foundHistory struct {
	*foundItem
	Open    int64           `json:"open"`
	History []foundRequest  `json:"history"`
	Row     json.RawMessage `json:"row"`
}

// noRow are the fields of an item that has none.
type noRow struct {
	Index   int64          `json:"index"`
	Status  *string        `json:"status"`
	Open    int64          `json:"open"`
	History []foundRequest `json:"history"`
	Row     *string        `json:"row"`
}

// showItem writes the history of one item, and its row.
func (r *runFile) showItem(out *findings, name string) error {
	index, err := r.itemNamed(name)
	if err != nil {
		return err
	}
	h, found, err := inspect.HistoryOf(r, index)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("%s: nothing was sent for item %d; items count from 0, and --item id=%s looks for a row's id", r.name, index, name)
	}
	var row []byte
	if h.Entry != nil {
		if row, err = r.row(h.Entry); err != nil {
			return err
		}
	}
	if out.json {
		return out.object(historyJSON(&h, row))
	}
	return r.historyText(out, &h, row)
}

func historyJSON(h *inspect.History, row []byte) any {
	requests := make([]foundRequest, len(h.Requests))
	for i := range h.Requests {
		requests[i] = newFoundRequest(&h.Requests[i])
	}
	if h.Entry == nil {
		return noRow{Index: h.Index, Open: h.Open, History: requests}
	}
	if !json.Valid(row) {
		row, _ = json.Marshal(string(row)) // of a format of its own
	}
	item := newFoundItem(h.Entry)
	return foundHistory{&item, h.Open, requests, row}
}

func (r *runFile) historyText(out *findings, h *inspect.History, row []byte) error {
	out.line("%s, item %d: %s\n", r.name, h.Index, historyHead(h))
	var began time.Time
	if len(h.Requests) > 0 {
		out.line("%s", requestHead(false))
		began = h.Requests[0].Trip.Started
	}
	for i := range h.Requests {
		out.line("%s", requestText(&h.Requests[i], began, false))
	}
	if h.Open > 0 {
		out.line("  %s: in flight, or lost with the process that sent them", numeral.Counted(h.Open, "more request"))
	}
	if h.Entry == nil {
		return nil
	}
	return out.line("\nIts row, at byte %s of %s:\n%s", numeral.Grouped(h.Entry.Offset), r.name, r.shortRow(row, h.Index))
}

// historyHead says in a line how an item ended.
func historyHead(h *inspect.History) string {
	e := h.Entry
	if e == nil {
		return "it has no row yet"
	}
	what := paceline.Status(e.Status).String()
	if e.Status != journal.Done {
		what += " (" + paceline.Code(e.Code).String() + ")"
	}
	if e.Requests == 0 {
		return what + ", nothing was sent"
	}
	what += fmt.Sprintf(", after %s in %s", numeral.Counted(e.Requests, "request"), numeral.Latency(inspect.Took(e)))
	if e.PromptTokens >= 0 {
		what += fmt.Sprintf("; %s tokens in, %s out", numeral.Grouped(e.PromptTokens), numeral.Grouped(e.CompletionTokens))
	}
	if e.Cost >= 0 {
		what += ", " + price.USD(price.Nano(e.Cost))
	}
	return what
}

// shownRow is how many bytes of a row people are shown.
const shownRow = 1000

// shortRow returns a row, or its beginning and where the rest is to be had.
func (r *runFile) shortRow(row []byte, index int64) string {
	if len(row) <= shownRow {
		return string(row)
	}
	return fmt.Sprintf("%s…\n\nThese are its first %s of %s; all of it: paceline inspect %s --item %d --json | jq .row",
		strings.ToValidUTF8(string(row[:shownRow]), ""), numeral.Grouped(shownRow), numeral.Bytes(int64(len(row))), prose.ShellQuoted(r.name), index)
}

// clock is how times of day are written.
const clock = "2006-01-02 15:04:05.000"

// requestHead is the head of the lines that requestText makes.
func requestHead(withItem bool) string {
	head := fmt.Sprintf("  %-23s  %9s  %9s  %11s  %4s  %9s  %s", "sent", "after", "took", "first token", "HTTP", "bytes", "end")
	if withItem {
		head = fmt.Sprintf("  %10s", "item") + head
	}
	return head
}

// requestText is a request on one line, with the time since began.
func requestText(r *inspect.Request, began time.Time, withItem bool) string {
	t := &r.Trip
	line := ""
	if withItem {
		line = fmt.Sprintf("  %10d", r.Index)
	}
	sent, after, status, size := "-", "-", "-", "-"
	if !t.Started.IsZero() {
		sent = t.Started.Local().Format(clock)
		if !began.IsZero() {
			after = "+" + numeral.Latency(max(t.Started.Sub(began), time.Millisecond/10))
		}
	}
	if t.HTTP > 0 {
		status = fmt.Sprint(t.HTTP)
	}
	if t.Bytes > 0 {
		size = numeral.Grouped(t.Bytes)
	}
	return line + fmt.Sprintf("  %-23s  %9s  %9s  %11s  %4s  %9s  %s", sent, after, numeral.Latency(t.Total), numeral.Latency(t.FirstToken), status, size, requestEnd(r))
}

// requestEnd says how a request ended, and which it was.
func requestEnd(r *inspect.Request) string {
	t := &r.Trip
	what := r.Code.String()
	if r.Accepted() {
		what = "answered"
	}
	if t.Message != "" {
		what += ": " + t.Message
	}
	for _, mark := range []struct{ name, value string }{
		{"endpoint", t.Endpoint}, {"model", t.Model}, {"id", t.RequestID},
	} {
		if mark.value != "" {
			what += "  [" + mark.name + " " + mark.value + "]"
		}
	}
	if t.Hedge {
		what += "  [hedge]"
	}
	return what
}
