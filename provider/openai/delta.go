package openai

import (
	"bytes"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// An emitter tells the engine's emit function what one chunk was. Each chunk
// yields at least one delta; the first of them carries the chunk, so that the
// chunks one after the other are the stream.
type emitter struct {
	emit     func(paceline.Delta) // may be nil
	lull     *lull
	chunk    []byte // of the chunk at hand, nil once handed out
	told     bool   // the chunk at hand has yielded a delta
	progress bool   // the model has said something

	last struct { // the only text of the chunk at hand, for the template
		n      int // how many pieces of text it had
		kind   paceline.DeltaKind
		choice int64
		quoted []byte
		target *value
	}
	data []byte
	pad  []byte // the chunk's padding, raw
}

func (o *emitter) begin(data []byte) {
	o.chunk, o.data, o.pad, o.told = data, data, nil, false
	o.last.n, o.last.target = 0, nil
}

// end reports a chunk that said nothing as a sign of life.
func (o *emitter) end() {
	if !o.told {
		o.add(paceline.DeltaKeepAlive, 0, nil)
	}
}

func (o *emitter) add(kind paceline.DeltaKind, choice int64, quoted []byte) {
	o.told = true
	o.progress = o.progress || kind.Progress() && kind != paceline.DeltaOther
	if o.emit == nil || o.lull.known(kind) {
		return
	}
	o.emit(paceline.Delta{Kind: kind, Choice: int(choice), Chunk: o.chunk, Quoted: quoted})
	o.chunk = nil
}

// text reports a piece of text unless it is empty; anything but a string is
// reported without the piece.
func (o *emitter) text(kind paceline.DeltaKind, choice int64, raw []byte) bool {
	if rawjson.Null(raw) || string(raw) == `""` || string(raw) == "[]" {
		return false
	}
	if raw[0] != '"' {
		o.last.n += 2 // no template for those
		o.add(kind, choice, nil)
		return true
	}
	o.last.n++
	if o.repeated(kind, choice, raw) {
		return true
	}
	o.last.kind, o.last.choice, o.last.quoted = kind, choice, raw
	o.add(kind, choice, raw)
	return true
}

// repeated reports reasoning that stands in one delta under both of its names.
func (o *emitter) repeated(kind paceline.DeltaKind, choice int64, raw []byte) bool {
	return kind == paceline.DeltaReasoning && o.last.n > 1 && o.last.kind == kind &&
		o.last.choice == choice && bytes.Equal(o.last.quoted, raw)
}

// mergeDelta takes one choice's delta. It clears a.plain if taking the delta
// again with another text would do more than add that text.
func (a *completion) mergeDelta(ch *choice, raw []byte) error {
	ch.sawDelta = true
	if rawjson.Null(raw) {
		return nil
	}
	var env envelope
	env.open(raw)
	for env.Next() {
		m := ch.message.at(env.Key())
		if m == nil {
			return errDuplicate
		}
		if !a.mergeMember(ch, m, env.Value()) {
			a.plain = false
		}
	}
	return env.err
}

// mergeMember takes one member of a delta and reports whether it could stand
// in a template.
func (a *completion) mergeMember(ch *choice, m *member, raw []byte) bool {
	kind := paceline.DeltaKeepAlive
	switch m.name {
	case "content":
		kind = paceline.DeltaContent
	case "reasoning", "reasoning_content":
		kind = paceline.DeltaReasoning
	case "refusal":
		kind = paceline.DeltaRefusal
	case "tool_calls":
		return a.mergeCalls(ch, m, raw)
	case "role":
		m.merge(m.name, raw, 1)
		return true
	}
	if rawjson.Null(raw) {
		m.merge(m.name, raw, 1)
		return true
	}
	if kind == paceline.DeltaKeepAlive {
		a.mergeOther(ch, m, raw)
		return false
	}
	m.merge(m.name, raw, 1)
	if a.out.text(kind, ch.index, raw) {
		a.out.last.target = &m.value
	}
	return raw[0] == '"' && m.kind == kindText
}

// mergeOther takes a member that is no plain text of ours: audio, annotations,
// the old function_call, a server's own.
func (a *completion) mergeOther(ch *choice, m *member, raw []byte) {
	m.merge(m.name, raw, 1)
	a.out.last.n += 2
	switch {
	case m.name == "function_call":
		a.out.add(paceline.DeltaToolCall, ch.index, rawString(rawjson.Get(raw, "arguments")))
	case m.name == "reasoning_details" && string(raw) != "[]":
		a.out.add(paceline.DeltaReasoning, ch.index, nil)
	case m.name == "audio":
		a.out.add(paceline.DeltaContent, ch.index, nil)
	}
}

// mergeCalls takes the tool calls of a delta and reports whether they could
// stand in a template: none at all, or one that only adds to its arguments.
func (a *completion) mergeCalls(ch *choice, m *member, raw []byte) bool {
	if raw[0] != '[' || string(raw) == "[]" {
		m.merge(m.name, raw, 1)
		return true
	}
	plain := true
	for c := rawjson.Array(raw); c.Next(); {
		if c.Value()[0] != '{' {
			continue
		}
		p := ch.calls.add(c.Value())
		args := rawString(p.args)
		plain = plain && p.bare && args != nil
		a.out.last.n++
		a.out.last.kind, a.out.last.choice, a.out.last.quoted = paceline.DeltaToolCall, ch.index, args
		a.out.last.target = ch.calls.last.body("arguments", "input")
		a.out.add(paceline.DeltaToolCall, ch.index, args)
	}
	return plain
}

// rawString returns raw if it is a string that says something, else nil.
func rawString(raw []byte) []byte {
	if len(raw) <= 2 || raw[0] != '"' {
		return nil
	}
	return raw
}
