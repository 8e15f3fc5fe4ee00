package dataset

import (
	"bytes"
	"math"
	"strconv"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// AppendRow appends r as one JSON object on one line, without a newline at its
// end, and returns the extended buffer.
//
// The item's own fields come first, byte for byte, then "index" and "llm". Own
// fields of these two names at the top level are replaced: a row of an earlier
// run, used as an item, does not end up with two of them. An item that is a
// string becomes {"text": ...}; one that could not be read becomes {"raw":
// ...}, the beginning of its line as a string. Blanks between fields are
// dropped only where the item stood on several lines.
//
// In "llm", what is not known is null: the response of a failed item, usage,
// cost_usd, ttft_ms, total_ms, model, request_id, and an error's status. The
// response is the first choice's content, in which characters beyond ASCII that
// the server escaped (\u4e2d) stand as themselves, so that grep finds them; with
// several choices "responses" has all of them; an answer of another shape (an
// embedding) is there whole. For an item whose answer was not accepted it is the
// last answer, and the error's code says why: "invalid_answer", "truncated",
// "content_filter" or "refused". What [paceline.Config.Accept] made of the
// answer stands beside it as "value", of several choices also as "values", with
// "repaired" and "repairs" where it had to mend something. Times are milliseconds
// with up to three decimals, costs US dollars with up to ten.
func AppendRow(dst []byte, r *paceline.Result) []byte {
	dst = appendOwn(dst, &r.Item)
	dst = append(dst, `"index":`...)
	dst = strconv.AppendInt(dst, r.Item.Index, 10)
	dst = append(dst, `,"llm":{`...)
	dst = appendAnswer(dst, r.Response)
	dst = append(dst, `,"requests":`...)
	dst = strconv.AppendInt(dst, int64(r.Requests), 10)
	dst = append(dst, `,"usage":`...)
	dst = appendUsage(dst, r.Usage)
	dst = append(dst, `,"cost_usd":`...)
	dst = appendCost(dst, r.Cost)
	dst = append(dst, `,"ttft_ms":`...)
	dst = appendMillis(dst, r.FirstToken)
	dst = append(dst, `,"total_ms":`...)
	dst = appendMillis(dst, r.Total)
	dst = appendOrigin(dst, r)
	if r.Status != paceline.StatusDone {
		dst = append(dst, `,"error":`...)
		dst = appendError(dst, failure(r))
	}
	return append(dst, "}}"...)
}

// appendOwn appends the opening brace and the item's own fields, each with a
// comma behind it.
func appendOwn(dst []byte, it *paceline.Item) []byte {
	if text, bad := unreadable(it); bad {
		dst = append(dst, `{"raw":`...)
		return append(jsontext.Append(dst, text), ',')
	}
	raw := jsontext.OneLine(trimSpace(it.Raw))
	switch {
	case len(raw) == 0:
		return appendID(dst, it.ID)
	case raw[0] == '"' && jsonscan.StringEnd(raw, 1) == len(raw):
		dst = append(dst, `{"text":`...)
		dst = append(dst, raw...)
		return append(dst, ',')
	case raw[0] == '{':
		if out, ok := appendFields(dst, raw); ok {
			return out
		}
	}
	dst = append(dst, `{"raw":`...)
	dst = jsontext.Append(dst, clip(raw, maxSnippet))
	return append(dst, ',')
}

// appendID stands for an item that has nothing but perhaps an id.
func appendID(dst []byte, id string) []byte {
	if id == "" {
		return append(dst, '{')
	}
	dst = append(dst, `{"id":`...)
	return append(jsontext.Append(dst, id), ',')
}

// appendFields appends the object raw without its closing brace and without
// the fields that a row sets itself. Not ok: raw is no object.
func appendFields(dst, raw []byte) (out []byte, ok bool) {
	start := len(dst)
	dst = append(dst, '{')
	m := jsonscan.MembersOf(raw, 0)
	from, to := 0, 0 // the run of kept members that is not appended yet
	for m.Next() {
		if isRowField(m.Key.Of(raw)) {
			dst = appendRun(dst, raw[from:to])
			from, to = 0, 0
			continue
		}
		if to == 0 {
			from = m.Key.From
		}
		to = m.Val.To
	}
	if m.Bad || m.At != len(raw) {
		return dst[:start], false
	}
	return appendRun(dst, raw[from:to]), true
}

func appendRun(dst, run []byte) []byte {
	if len(run) == 0 {
		return dst
	}
	return append(append(dst, run...), ',')
}

func isRowField(key []byte) bool {
	if len(key) > 5 && bytes.IndexByte(key, '\\') >= 0 {
		name := unquote(key)
		return name == "index" || name == "llm"
	}
	return string(key) == `"index"` || string(key) == `"llm"`
}

// unreadable returns the text of an item that could not be read.
func unreadable(it *paceline.Item) (text []byte, bad bool) {
	if it.Err == nil || len(it.Raw) > 0 {
		return nil, false
	}
	if e, ok := asLineError(it.Err); ok {
		return e.Text, true
	}
	return nil, false
}

// appendJSON appends a value as it stands, null if there is none. What is not
// JSON is kept as a string, so that no answer can break its row.
func appendJSON(dst, raw []byte) []byte {
	raw = trimSpace(raw)
	switch {
	case len(raw) == 0:
		return append(dst, "null"...)
	case !jsonscan.Valid(raw):
		return jsontext.Append(dst, raw)
	}
	return append(dst, jsontext.OneLine(raw)...)
}

// appendAnswer appends what was answered, from "response" to "finish_reason".
func appendAnswer(dst []byte, resp *paceline.Response) []byte {
	dst = append(dst, `"response":`...)
	switch {
	case resp == nil:
		return append(dst, `null,"finish_reason":null`...)
	case len(resp.Choices) == 0:
		dst = appendJSON(dst, resp.Body)
		return append(dst, `,"finish_reason":null`...)
	}
	first := &resp.Choices[0]
	dst = appendReadable(dst, first.Content)
	if len(resp.Choices) > 1 {
		dst = appendContents(dst, resp.Choices)
	}
	dst = appendPresent(dst, `,"tool_calls":`, first.ToolCalls)
	dst = appendPresent(dst, `,"refusal":`, first.Refusal)
	dst = appendPresent(dst, `,"reasoning":`, first.Reasoning)
	dst = append(dst, `,"finish_reason":`...)
	dst = appendText(dst, first.FinishReason)
	return appendValues(dst, resp.Choices)
}

func appendContents(dst []byte, choices []paceline.Choice) []byte {
	dst = append(dst, `,"responses":[`...)
	for i := range choices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendReadable(dst, choices[i].Content)
	}
	return append(dst, ']')
}

// appendPresent appends a field unless its value is absent, null or empty.
func appendPresent(dst []byte, name string, raw []byte) []byte {
	switch string(raw) {
	case "", "null", "[]":
		return dst
	}
	return appendReadable(append(dst, name...), raw)
}

// appendText appends a string, null if it is empty.
func appendText(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return jsontext.Append(dst, s)
}

func appendUsage(dst []byte, u paceline.Usage) []byte {
	if !u.Known {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"prompt_tokens":`...)
	dst = strconv.AppendInt(dst, u.Prompt, 10)
	dst = append(dst, `,"completion_tokens":`...)
	dst = strconv.AppendInt(dst, u.Completion, 10)
	return append(dst, '}')
}

func appendCost(dst []byte, c paceline.Cost) []byte {
	if !c.Known || math.IsNaN(c.USD) || math.IsInf(c.USD, 0) {
		return append(dst, "null"...)
	}
	dst = strconv.AppendFloat(dst, c.USD, 'f', 10, 64)
	return bytes.TrimRight(bytes.TrimRight(dst, "0"), ".")
}

// appendMillis appends a duration in milliseconds, null if it is 0.
func appendMillis(dst []byte, d time.Duration) []byte {
	if d <= 0 {
		return append(dst, "null"...)
	}
	us := max(d.Microseconds(), 1)
	dst = strconv.AppendInt(dst, us/1000, 10)
	if us %= 1000; us == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+us/100), byte('0'+us/10%10), byte('0'+us%10))
	return bytes.TrimRight(dst, "0")
}

// appendOrigin appends which model answered, and under which id.
func appendOrigin(dst []byte, r *paceline.Result) []byte {
	model, id := "", ""
	if r.Response != nil {
		model, id = r.Response.Model, r.Response.RequestID
	}
	if id == "" && r.Err != nil {
		id = r.Err.RequestID
	}
	dst = append(dst, `,"model":`...)
	dst = appendText(dst, model)
	dst = append(dst, `,"request_id":`...)
	return appendText(dst, id)
}
