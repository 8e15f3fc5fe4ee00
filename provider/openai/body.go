package openai

import (
	"errors"
	"iter"
	"slices"
	"strconv"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

var errNotObject = errors.New("the request's body is not a JSON object")

// A span is where a value stands in a body.
type span struct{ start, end int }

// An outline is what has to be known of a request's body to edit it: where
// the members of interest stand, and where it ends.
type outline struct {
	text  []byte
	end   int // position of the closing brace
	empty bool
	last  [interests]span // where each stands last, which is the one that servers take
	all   []located       // where those stand that come more than once
}

// An interest is a member of a body that matters.
type interest uint8

const (
	inModel interest = iota
	inMessages
	inN
	inStream
	inOptions
	inUsage // of the stream options
	interests
)

var interestNames = [interests]string{"model", "messages", "n", "stream", "stream_options", "include_usage"}

// interestOf returns what a name stands for, interests if it is none.
func interestOf(name []byte) interest {
	switch string(name) {
	case "model":
		return inModel
	case "messages":
		return inMessages
	case "n":
		return inN
	case "stream":
		return inStream
	case "stream_options":
		return inOptions
	case "include_usage":
		return inUsage
	}
	return interests
}

type located struct {
	interest
	span
}

// outlineOf locates the members. Only the structure is checked: the server judges
// the rest.
func outlineOf(text []byte) (o outline, err error) {
	err = o.locate(text)
	return o, err
}

// locate has o be the outline of text.
func (o *outline) locate(text []byte) error {
	o.text, o.empty = text, true
	c := rawjson.Object(text)
	for c.Next() {
		o.empty = false
		if i := interestOf(c.Key()); i < interests {
			o.see(i, span{c.Offset(), c.Offset() + len(c.Value())})
		}
	}
	if c.Bad() {
		return errNotObject
	}
	o.end = c.End()
	if len(rawjson.Trim(text[o.end+1:])) > 0 {
		return errNotObject
	}
	return nil
}

func (o *outline) see(i interest, s span) {
	if o.has(i) {
		o.all = append(o.all, located{i, o.last[i]})
	}
	o.last[i] = s
}

// has reports whether there is such a member. No value stands at the beginning.
func (o *outline) has(i interest) bool { return o.last[i].end > 0 }

// spans returns all places where a member stands.
func (o *outline) spans(i interest) iter.Seq[span] {
	return func(yield func(span) bool) {
		for _, l := range o.all {
			if l.interest == i && !yield(l.span) {
				return
			}
		}
		if o.has(i) {
			yield(o.last[i])
		}
	}
}

// value returns a member's value, or nil.
func (o *outline) value(i interest) []byte {
	if !o.has(i) {
		return nil
	}
	return o.text[o.last[i].start:o.last[i].end]
}

// An edit replaces the bytes of a span by text.
type edit struct {
	span
	text string
}

// set returns the edits that give a member the value.
func (o *outline) set(i interest, value string) []edit {
	var edits []edit
	for s := range o.spans(i) {
		edits = append(edits, edit{s, value})
	}
	if edits == nil {
		edits = append(edits, edit{span{o.end, o.end}, strconv.Quote(interestNames[i]) + ":" + value})
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

// fill has o be the outline of the caller's body with the model and messages of req
// where it lacks them; usually it is that of the very bytes given.
func (o *outline) fill(req *paceline.Request) error {
	text := []byte(req.Body)
	if len(text) == 0 {
		text = []byte("{}")
	}
	if err := o.locate(text); err != nil {
		return err
	}
	if (req.Model == "" || o.has(inModel)) && (len(req.Messages) == 0 || o.has(inMessages)) {
		return nil
	}
	return o.complete(req)
}

// complete adds what the body lacks.
//
//go:noinline
func (o *outline) complete(req *paceline.Request) error {
	var edits []edit
	if req.Model != "" && !o.has(inModel) {
		edits = append(edits, o.set(inModel, encode(req.Model))...)
	}
	if len(req.Messages) > 0 && !o.has(inMessages) {
		edits = append(edits, o.set(inMessages, encode(req.Messages))...)
	}
	text := o.apply(edits)
	*o = outline{}
	return o.locate(text)
}

// encode marshals v, which is always encodable.
func encode(v any) string {
	b, err := jsontext.Marshal(v)
	if err != nil {
		panic("openai: " + err.Error())
	}
	return string(b)
}

// streamed returns the body with "stream": true and, if usage is set, with
// "include_usage": true merged into "stream_options".
func (o *outline) streamed(usage bool) []byte {
	edits := o.set(inStream, "true")
	if usage {
		edits = append(edits, o.set(inOptions, withUsage(o.value(inOptions)))...)
	}
	return o.apply(edits)
}

func withUsage(options []byte) string {
	o, err := outlineOf(options)
	if err != nil {
		return `{"include_usage":true}`
	}
	return string(o.apply(o.set(inUsage, "true")))
}

// unstreamed returns the body as it must be to get a whole answer: untouched
// unless it asks for a stream, else with "stream": false, and without
// "stream_options", which servers refuse then.
func (o *outline) unstreamed() []byte {
	var edits []edit
	for s := range o.spans(inStream) {
		if string(o.text[s.start:s.end]) == "true" {
			edits = append(edits, edit{s, "false"})
		}
	}
	// A null says the same as no member at all.
	for s := range o.spans(inOptions) {
		edits = append(edits, edit{s, "null"})
	}
	if edits == nil {
		return o.text
	}
	return o.apply(edits)
}

// answers returns how many choices the body asks for, at least 1.
func (o *outline) answers() int {
	if !o.has(inN) {
		return 1
	}
	n, err := strconv.Atoi(string(o.value(inN)))
	if err != nil || n < 1 {
		return 1
	}
	return n
}
