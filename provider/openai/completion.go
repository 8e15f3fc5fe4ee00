package openai

import (
	"cmp"
	"slices"
	"strconv"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// maxChoices bounds the alternatives of one answer; OpenAI's limit is 128.
const maxChoices = 4096

// A completion puts the chunks of a streamed chat completion, or of a legacy
// one, together as the object that an unstreamed call gives.
//
// Of the members beside the choices, the first id and creation time count and
// the last of anything else, as the official clients have it.
type completion struct {
	legacy  bool
	want    int // how many choices were asked for
	fields  members
	choices []*choice // by index
	usage   []byte    // raw, nil while there is none

	out      emitter
	template template
	plain    bool // the chunk at hand did nothing but add its text
}

// frame takes one chunk. A failure of the server's is an [*paceline.Error], any
// other error means that the chunk was not of the right shape.
func (a *completion) frame(name, data []byte) (done bool, err error) {
	if len(name) == 0 && a.template.take(data, &a.out) {
		return false, nil
	}
	a.template.reset()
	if err := validObject(data); err != nil {
		return false, err
	}
	e := errorInFrame(data)
	if e == nil && string(name) == "error" {
		e = frameError(data, data)
	}
	if e != nil {
		e.MaybeBilled = a.out.progress
		return false, e
	}
	return false, a.merge(data)
}

func (a *completion) merge(data []byte) error {
	a.out.begin(data)
	a.plain = true
	var choices []byte
	gotUsage := false
	var env envelope
	env.open(data)
	for env.Next() {
		raw := env.Value()
		switch key := env.Key(); string(key) {
		case "choices":
			choices = raw
		case "usage":
			gotUsage = a.setUsage(raw) || gotUsage
		case "object", "error":
			// What it becomes is fixed; null.
		case "obfuscation":
			a.out.pad = raw
		default:
			a.setField(key, raw)
		}
	}
	if env.err != nil {
		return env.err
	}
	if err := a.mergeChoices(choices); err != nil {
		return err
	}
	if gotUsage {
		a.plain = false
		a.out.add(paceline.DeltaOther, 0, nil)
	}
	a.out.end()
	if a.plain {
		a.template.learn(&a.out)
	}
	return nil
}

// setUsage keeps the last usage. Some servers count on in every chunk.
func (a *completion) setUsage(raw []byte) bool {
	if rawjson.Null(raw) {
		return false
	}
	a.usage = append(a.usage[:0], raw...)
	return true
}

func (a *completion) setField(key, raw []byte) {
	m := a.fields.at(key)
	if m == nil {
		return
	}
	switch m.name {
	case "id", "created":
		m.keep(raw)
	case "x_groq":
		m.replace(raw)
		if u := rawjson.Get(raw, "usage"); a.usage == nil {
			a.setUsage(u)
		}
	default:
		m.replace(raw)
	}
}

func (a *completion) mergeChoices(raw []byte) error {
	if rawjson.Null(raw) {
		return nil
	}
	position := int64(0)
	var c rawjson.Cursor
	c.OverArray(raw)
	for c.Next() {
		if err := a.mergeChoice(c.Value(), position); err != nil {
			return err
		}
		position++
	}
	if c.Bad() {
		return errChoices
	}
	a.plain = a.plain && position == 1
	return nil
}

func (a *completion) mergeChoice(raw []byte, position int64) error {
	var env envelope
	env.open(raw)
	ch, err := a.choiceOf(raw, position)
	if err != nil {
		return err
	}
	var reason []byte
	for env.Next() {
		val := env.Value()
		switch key := env.Key(); string(key) {
		case "index":
		case "delta":
			if err := a.mergeDelta(ch, val); err != nil {
				return err
			}
		case "finish_reason":
			reason = val
			a.choiceField(ch, key, val)
		default:
			a.choiceField(ch, key, val)
		}
	}
	if env.err != nil {
		return env.err
	}
	if !rawjson.Null(reason) && string(reason) != `""` {
		a.out.add(paceline.DeltaOther, ch.index, nil)
	}
	return nil
}

func (a *completion) choiceField(ch *choice, key, val []byte) {
	ch.setField(key, val)
	if !ch.legacy || string(key) != "text" {
		a.plain = a.plain && rawjson.Null(val)
		return
	}
	if a.out.text(paceline.DeltaContent, ch.index, val) && val[0] == '"' {
		a.out.last.target = &ch.text
	}
}

// choiceOf finds or makes the choice that raw belongs to; one without an index
// stands where its position says.
func (a *completion) choiceOf(raw []byte, position int64) (*choice, error) {
	index := position
	if v := rawjson.Get(raw, "index"); !rawjson.Null(v) {
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil || n < 0 {
			return nil, errChoices
		}
		index = n
	}
	at, found := slices.BinarySearchFunc(a.choices, index, func(c *choice, i int64) int { return cmp.Compare(c.index, i) })
	if found {
		return a.choices[at], nil
	}
	if len(a.choices) >= maxChoices {
		return nil, errChoices
	}
	ch := &choice{index: index, legacy: a.legacy}
	a.choices = slices.Insert(a.choices, at, ch)
	return ch, nil
}

// finished reports whether every choice, and as many as were asked for unless
// the server itself has said that this is all, has its finish reason.
func (a *completion) finished(said bool) bool {
	for _, c := range a.choices {
		if c.finish() == nil {
			return false
		}
	}
	return len(a.choices) > 0 && (said || len(a.choices) >= a.want)
}

// started reports whether any choice was seen.
func (a *completion) started() bool { return len(a.choices) > 0 }

// known returns the usage so far.
func (a *completion) known() paceline.Usage { return readUsage(a.usage) }

// late takes what comes after the end: only usage, if there is none yet.
func (a *completion) late(data []byte) {
	if a.usage == nil && validObject(data) == nil && !listed(rawjson.Get(data, "choices")) {
		if a.setUsage(rawjson.Get(data, "usage")) {
			a.out.begin(data)
			a.out.add(paceline.DeltaOther, 0, nil)
			a.out.end()
		}
	}
}

// listed reports whether a list has elements.
func listed(raw []byte) bool {
	c := rawjson.Array(raw)
	return c.Next()
}

// body returns the whole object, its members in the official order.
func (a *completion) body() []byte {
	object := `"chat.completion"`
	if a.legacy {
		object = `"text_completion"`
	}
	dst := []byte{'{'}
	dst = a.appendField(dst, "id")
	dst = append(append(append(dst, `"object":`...), object...), ',')
	dst = a.appendField(dst, "created")
	dst = a.appendField(dst, "model")
	dst = append(dst, `"choices":[`...)
	for i, c := range a.choices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = c.append(dst)
	}
	dst = append(dst, ']')
	if a.usage != nil {
		dst = append(append(dst, `,"usage":`...), a.usage...)
	}
	for _, m := range a.fields {
		if m.name != "id" && m.name != "created" && m.name != "model" {
			dst = m.append(appendName(append(dst, ','), m.name))
		}
	}
	return append(dst, '}')
}

func (a *completion) appendField(dst []byte, name string) []byte {
	m := a.fields.find(name)
	if m == nil {
		return dst
	}
	return m.append(appendName(dst, name), ',')
}
