package report

import (
	"io"
	"os"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/inspect"
	"github.com/seed-1814a72b/paceline/internal/tamed"
	"github.com/seed-1814a72b/paceline/journal"
)

// maxRow is how much of a row is read: what is shown of it is less.
const maxRow = 1 << 20

// rows reads rows out of an output.
type rows struct {
	f    io.ReaderAt // nil: there is no output
	buf  []byte
	lost int64 // rows that are not those that were committed
}

// openRows opens an output for reading. One that is not there is none.
func openRows(path string) (r *rows, end func()) {
	f, err := os.Open(path)
	if err != nil {
		return &rows{}, func() {}
	}
	return &rows{f: f}, func() { f.Close() }
}

// read returns the beginning of a row, "" if it is not the one that was
// committed.
func (r *rows) read(e *journal.Entry) string {
	if r.f == nil {
		r.lost++
		return ""
	}
	n := min(e.Length, maxRow)
	if int64(cap(r.buf)) < n {
		r.buf = make([]byte, n)
	}
	b := r.buf[:n]
	if _, err := r.f.ReadAt(b, e.Offset); err != nil || n == e.Length && journal.Sum(b) != e.RowSum {
		r.lost++
		return ""
	}
	return string(b)
}

// A row is what a row of any of the formats says.
type row struct{ id, answer, message, own string }

// parseRow reads a row that paceline run wrote. Of what it cannot read it shows
// the text.
func parseRow(text string) row {
	text = strings.TrimSpace(text)
	whole := gjson.Parse(text)
	switch {
	case whole.Get("llm").IsObject():
		return parseOwn(whole)
	case whole.Get("custom_id").Exists():
		r := row{id: whole.Get("custom_id").String(), message: whole.Get("error.message").String()}
		r.answer = parseBody(whole.Get("response.body"))
		return r
	case whole.Get("error").IsObject() && whole.Get("index").Exists():
		return row{message: whole.Get("error.message").String(), answer: parseBody(whole.Get("response"))}
	case whole.IsObject():
		return row{answer: parseBody(whole)}
	}
	return row{answer: text}
}

// parseOwn reads a row that holds the item's own fields and "llm".
func parseOwn(whole gjson.Result) row {
	llm := whole.Get("llm")
	r := row{id: whole.Get("id").String(), message: llm.Get("error.message").String()}
	r.answer = contentOf(llm.Get("response"))
	if r.answer == "" {
		r.answer = contentOf(llm.Get("tool_calls"))
	}
	var own strings.Builder
	whole.ForEach(func(key, value gjson.Result) bool {
		if key.Str != "llm" && key.Str != "index" {
			own.WriteString(key.Str + ": " + contentOf(value) + "\n")
		}
		return true
	})
	r.own = strings.TrimSuffix(own.String(), "\n")
	return r
}

// parseBody returns what a response body says.
func parseBody(body gjson.Result) string {
	message := body.Get("choices.0.message")
	for _, part := range []gjson.Result{message.Get("content"), message.Get("tool_calls"), body.Get("choices.0.text"), body} {
		if text := contentOf(part); text != "" {
			return text
		}
	}
	return ""
}

// contentOf returns a value as a person reads it: a string without its quotes.
func contentOf(v gjson.Result) string {
	switch v.Type {
	case gjson.Null:
		return ""
	case gjson.String:
		return v.Str
	}
	return v.Raw
}

// newItem puts an item together from its entry, its history and its row.
func newItem(e *journal.Entry, s *story, r row, most int) Item {
	code := ""
	if e.Status != journal.Done {
		code = paceline.Code(e.Code).String()
	}
	it := Item{
		Index: e.Index, ID: tamed.Short(r.id, 200), Status: paceline.Status(e.Status).String(), Code: code, Started: timeOf(e.Started),
		FirstTokenMS: millis(e.FirstToken), TotalMS: millis(e.Total), Requests: e.Requests,
		PromptTokens: tokens(e.PromptTokens), CompletionTokens: tokens(e.CompletionTokens), CostUSD: dollars(e.Cost),
		Message: tamed.Short(r.message, 500), Answer: tamed.Short(r.answer, most), Item: tamed.Short(r.own, most/2), History: []Request{},
	}
	if d := inspect.Took(e); d > 0 {
		s := d.Seconds()
		it.TookS = &s
	}
	if s != nil {
		it.History, it.Omitted = s.requests, s.omitted
	}
	return it
}
