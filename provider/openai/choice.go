package openai

import (
	"strconv"
)

// A choice is one of an answer's alternatives in the making.
type choice struct {
	index    int64
	legacy   bool // of /completions: text instead of a message
	text     value
	message  members
	calls    toolCalls
	fields   members // finish_reason, logprobs and whatever else came, in order
	whole    []byte  // the last "message", for servers that send no deltas
	sawDelta bool
}

// finish returns the raw finish reason, nil while there is none.
func (c *choice) finish() []byte {
	m := c.fields.find("finish_reason")
	if m == nil || m.null() || string(m.buf) == `""` {
		return nil
	}
	return m.buf
}

// setField takes a member of the choice other than its index and delta.
func (c *choice) setField(name, raw []byte) {
	if string(name) == "message" && !c.legacy {
		c.whole = append(c.whole[:0], raw...)
		return
	}
	if string(name) == "text" && c.legacy {
		c.text.merge("text", raw, 1)
		return
	}
	m := c.fields.at(name)
	if m == nil {
		return
	}
	switch m.name {
	case "logprobs", "token_ids":
		m.merge(m.name, raw, 1)
	default:
		if string(raw) != "{}" || m.kind == kindNone {
			m.replace(raw)
		}
	}
}

// append writes the choice as it stands in an unstreamed answer.
func (c *choice) append(dst []byte) []byte {
	dst = append(dst, `{"index":`...)
	dst = strconv.AppendInt(dst, c.index, 10)
	switch {
	case c.legacy:
		if c.text.empty() {
			c.text = value{kind: kindText}
		}
		dst = c.text.append(append(dst, `,"text":`...))
	case c.sawDelta:
		dst = c.appendMessage(append(dst, `,"message":`...))
	case c.whole != nil:
		dst = append(append(dst, `,"message":`...), c.whole...)
	}
	if len(c.fields) > 0 {
		dst = c.fields.append(append(dst, ','))
	}
	return append(dst, '}')
}

// appendMessage writes role and content, which every message has, first, and
// the rest in the order in which it came.
func (c *choice) appendMessage(dst []byte) []byte {
	dst = append(dst, `{"role":`...)
	if role := c.message.find("role"); role != nil && !role.null() {
		dst = role.append(dst)
	} else {
		dst = append(dst, `"assistant"`...)
	}
	dst = append(dst, `,"content":`...)
	content := c.message.find("content")
	if content == nil || content.empty() && c.saysOtherwise() {
		dst = append(dst, "null"...)
	} else {
		dst = content.append(dst)
	}
	for _, m := range c.message {
		switch m.name {
		case "role", "content":
		case "tool_calls":
			dst = c.appendCalls(dst, &m.value)
		default:
			dst = m.append(appendName(append(dst, ','), m.name))
		}
	}
	return append(dst, '}')
}

// saysOtherwise reports whether the answer is a tool call or a refusal: empty
// content is null beside those.
func (c *choice) saysOtherwise() bool {
	if len(c.calls.calls) > 0 {
		return true
	}
	for _, name := range []string{"refusal", "function_call"} {
		if m := c.message.find(name); m != nil && !m.empty() {
			return true
		}
	}
	return false
}

func (c *choice) appendCalls(dst []byte, placeholder *value) []byte {
	if len(c.calls.calls) > 0 {
		return c.calls.append(append(dst, `,"tool_calls":`...))
	}
	return placeholder.append(append(dst, `,"tool_calls":`...))
}
