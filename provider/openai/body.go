package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

var errNotObject = errors.New("the request's body is not a JSON object")

// A span is where a value stands in a body.
type span struct{ start, end int }

// An outline is what has to be known of a request's body to edit it: where
// the members of interest stand, and where it ends.
type outline struct {
	text   []byte
	end    int // position of the closing brace
	empty  bool
	values map[string][]span
}

// outlineOf locates the members of that name. Only the structure is checked:
// the server judges the rest.
func outlineOf(text []byte, names ...string) (outline, error) {
	o := outline{text: text, empty: true, values: make(map[string][]span, len(names))}
	c := rawjson.Object(text)
	for c.Next() {
		o.empty = false
		if key := c.Key(); slices.Contains(names, string(key)) {
			o.values[string(key)] = append(o.values[string(key)], span{c.Offset(), c.Offset() + len(c.Value())})
		}
	}
	if c.Bad() {
		return o, errNotObject
	}
	o.end = c.End()
	if len(rawjson.Trim(text[o.end+1:])) > 0 {
		return o, errNotObject
	}
	return o, nil
}

// value returns the last value of that name, which is the one that servers
// take, or nil.
func (o *outline) value(name string) []byte {
	spans := o.values[name]
	if len(spans) == 0 {
		return nil
	}
	s := spans[len(spans)-1]
	return o.text[s.start:s.end]
}

// An edit replaces the bytes of a span by text.
type edit struct {
	span
	text string
}

// set returns the edits that give name the value.
func (o *outline) set(name, value string) []edit {
	var edits []edit
	for _, s := range o.values[name] {
		edits = append(edits, edit{s, value})
	}
	if edits == nil {
		edits = append(edits, edit{span{o.end, o.end}, strconv.Quote(name) + ":" + value})
	}
	return edits
}

// apply makes the edits; what is inserted before the closing brace gets the
// commas it needs. Every other byte stays as it is.
func (o *outline) apply(edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.start - b.start })
	out := make([]byte, 0, len(o.text)+256)
	from, empty := 0, o.empty
	for _, e := range edits {
		out = append(out, o.text[from:e.start]...)
		if e.start == o.end {
			if !empty {
				out = append(out, ',')
			}
			empty = false
		}
		out = append(out, e.text...)
		from = e.end
	}
	return append(out, o.text[from:]...)
}

// fill returns the caller's body with the model and messages of req where it
// lacks them; usually it is the very bytes given.
func fill(req *paceline.Request) ([]byte, error) {
	text := []byte(req.Body)
	if len(text) == 0 {
		text = []byte("{}")
	}
	o, err := outlineOf(text, "model", "messages")
	if err != nil {
		return nil, err
	}
	var edits []edit
	if req.Model != "" && o.values["model"] == nil {
		edits = append(edits, o.set("model", encode(req.Model))...)
	}
	if len(req.Messages) > 0 && o.values["messages"] == nil {
		edits = append(edits, o.set("messages", encode(req.Messages))...)
	}
	if edits == nil {
		return text, nil
	}
	return o.apply(edits), nil
}

// encode marshals without escaping HTML, which would only cost tokens of
// transfer and surprise whoever reads the request. v is always encodable.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("openai: " + err.Error())
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}

// streamed returns the body with "stream": true and, if usage is set, with
// "include_usage": true merged into "stream_options".
func streamed(text []byte, usage bool) ([]byte, error) {
	o, err := outlineOf(text, "stream", "stream_options")
	if err != nil {
		return nil, err
	}
	edits := o.set("stream", "true")
	if usage {
		edits = append(edits, o.set("stream_options", withUsage(o.value("stream_options")))...)
	}
	return o.apply(edits), nil
}

func withUsage(options []byte) string {
	o, err := outlineOf(options, "include_usage")
	if err != nil {
		return `{"include_usage":true}`
	}
	return string(o.apply(o.set("include_usage", "true")))
}

// unstreamed returns the body as it must be to get a whole answer: untouched
// unless it asks for a stream, else with "stream": false, and without
// "stream_options", which servers refuse then.
func unstreamed(text []byte) ([]byte, error) {
	o, err := outlineOf(text, "stream", "stream_options")
	if err != nil {
		return nil, err
	}
	var edits []edit
	for _, s := range o.values["stream"] {
		if string(text[s.start:s.end]) == "true" {
			edits = append(edits, edit{s, "false"})
		}
	}
	// A null says the same as no member at all.
	for _, s := range o.values["stream_options"] {
		edits = append(edits, edit{s, "null"})
	}
	if edits == nil {
		return text, nil
	}
	return o.apply(edits), nil
}

// answers returns how many choices the body asks for, at least 1.
func answers(text []byte) int {
	n, err := strconv.Atoi(string(rawjson.Get(text, "n")))
	if err != nil || n < 1 {
		return 1
	}
	return n
}
