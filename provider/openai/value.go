package openai

import (
	"bytes"
	"slices"

	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// maxMergeDepth bounds how deep objects inside a delta are merged; below it
// the last value counts. Real ones are three deep.
const maxMergeDepth = 8

// maxMembers bounds the names of one object, so that looking them up stays
// cheap whatever a server sends.
const maxMembers = 512

type valueKind uint8

const (
	kindNone   valueKind = iota
	kindRaw              // any JSON, in buf
	kindText             // a string, its escaped inside in buf
	kindObject           // members
	kindArray            // a list
)

// A value is a JSON value in the making: strings are concatenated in their
// escaped form (so that a surrogate pair split over two chunks is one again),
// objects merged, arrays appended to, anything else replaced.
type value struct {
	kind    valueKind
	buf     []byte
	members members
	list    *list // of an array
}

// A member is a named value; members keep the order of their first appearance.
type member struct {
	name string
	value
}

type members []*member

// at returns the member of that name, made if there is none yet, or nil when
// there are too many.
func (m *members) at(name []byte) *member {
	if v := m.find(string(name)); v != nil {
		return v
	}
	if len(*m) >= maxMembers {
		return nil
	}
	return m.add(name)
}

// add adds a member that is not there yet.
func (m *members) add(name []byte) *member {
	if *m == nil {
		*m = make(members, 0, 4)
	}
	v := &member{name: nameOf(name)}
	*m = append(*m, v)
	return v
}

// byName returns what does the same as at, by a map once they are many: it is worth
// while for who asks for many names.
func (m *members) byName() func(name []byte) *member {
	var known map[string]*member
	return func(name []byte) *member {
		if len(*m) <= 4*few {
			return m.at(name)
		}
		if known == nil {
			known = make(map[string]*member, 2*len(*m))
			for _, v := range *m {
				known[v.name] = v
			}
		}
		v := known[string(name)]
		if v == nil && len(*m) < maxMembers {
			v = m.add(name)
			known[v.name] = v
		}
		return v
	}
}

// nameOf returns a name as a string, without a copy of those that every answer has.
func nameOf(name []byte) string {
	switch string(name) {
	case "id":
		return "id"
	case "created":
		return "created"
	case "model":
		return "model"
	case "system_fingerprint":
		return "system_fingerprint"
	case "service_tier":
		return "service_tier"
	case "role":
		return "role"
	case "content":
		return "content"
	case "refusal":
		return "refusal"
	case "logprobs":
		return "logprobs"
	case "finish_reason":
		return "finish_reason"
	}
	return string(name)
}

func (m members) find(name string) *member {
	for _, v := range m {
		if v.name == name {
			return v
		}
	}
	return nil
}

// replace sets v to raw. Neither null nor "" replaces something.
func (v *value) replace(raw []byte) {
	if v.kind != kindNone && (string(raw) == "null" || string(raw) == `""` && !v.null()) {
		return
	}
	if v.kind == kindRaw && bytes.Equal(v.buf, raw) {
		return
	}
	*v = value{kind: kindRaw, buf: append(v.buf[:0], raw...)}
}

// keep sets v to raw unless it already has a value that means something.
func (v *value) keep(raw []byte) {
	if v.kind == kindNone || v.null() || string(v.buf) == `""` || string(v.buf) == "0" {
		v.replace(raw)
	}
}

func (v *value) null() bool { return v.kind == kindRaw && string(v.buf) == "null" }

// empty reports whether v says nothing: absent, null or "".
func (v *value) empty() bool {
	return v.kind == kindNone || v.null() || v.kind == kindText && len(v.buf) == 0
}

// merge takes one delta's raw value of that name into v.
func (v *value) merge(name string, raw []byte, depth int) {
	switch {
	case string(raw) == "null" || depth > maxMergeDepth:
		v.replace(raw)
	case raw[0] == '"' && !sticky(name):
		v.mergeText(name, raw)
	case raw[0] == '{':
		v.mergeObject(raw, depth)
	case raw[0] == '[':
		v.mergeArray(name, raw, depth)
	default:
		v.replace(raw)
	}
}

// extend adds more of a text. What comes in small pieces is not moved at each of the
// first.
func (v *value) extend(inner []byte) {
	const least = 256
	if len(inner) > cap(v.buf)-len(v.buf) {
		v.buf = slices.Grow(v.buf, max(len(inner), len(v.buf), least))
	}
	v.buf = append(v.buf, inner...)
}

// sticky names the strings that are not pieces of something longer: clients
// and servers repeat them whole.
func sticky(name string) bool {
	switch name {
	case "id", "type", "role", "format", "call_id", "tool_call_id":
		return true
	}
	return false
}

func (v *value) mergeText(name string, raw []byte) {
	inner := raw[1 : len(raw)-1]
	switch {
	case v.kind == kindArray && hasParts(name):
		if len(inner) > 0 {
			v.list.mergePart(append(append([]byte(`{"type":"text","text":`), raw...), '}'), 1)
		}
	case v.kind != kindText:
		*v = value{kind: kindText, buf: append(v.buf[:0], inner...)}
	case name == "name" && bytes.Equal(v.buf, inner):
		// Some servers repeat a function's name in every chunk.
	default:
		v.buf = append(v.buf, inner...)
	}
}

func (v *value) mergeObject(raw []byte, depth int) {
	if v.kind != kindObject {
		*v = value{kind: kindObject}
	}
	at := v.members.at
	if len(raw) > few*len(v.members) && len(raw) > few*few {
		at = v.members.byName()
	}
	for c := rawjson.Object(raw); c.Next(); {
		if m := at(c.Key()); m != nil {
			m.merge(m.name, c.Value(), depth+1)
		}
	}
}

func (v *value) mergeArray(name string, raw []byte, depth int) {
	if v.kind != kindArray {
		old := *v
		*v = value{kind: kindArray, list: new(list)}
		if old.kind == kindText && len(old.buf) > 0 && hasParts(name) {
			v.list.mergePart(old.append([]byte(`{"type":"text","text":`), '}'), depth)
		}
	}
	for c := rawjson.Array(raw); c.Next(); {
		switch el := c.Value(); {
		case el[0] == '{' && hasParts(name):
			v.list.mergePart(el, depth)
		case el[0] == '{':
			v.list.merge(el, depth)
		default:
			v.list.pass(el)
		}
	}
}

// hasParts names the values that may be lists of content parts (Mistral's
// reasoning models), whose pieces of one kind belong together.
func hasParts(name string) bool { return name == "content" || name == "thinking" }

// append writes v's JSON, and then tail, to dst.
func (v *value) append(dst []byte, tail ...byte) []byte {
	switch v.kind {
	case kindNone:
		dst = append(dst, "null"...)
	case kindRaw:
		dst = append(dst, v.buf...)
	case kindText:
		dst = append(append(append(dst, '"'), v.buf...), '"')
	case kindObject:
		dst = append(v.members.append(append(dst, '{')), '}')
	case kindArray:
		dst = append(v.list.append(append(dst, '[')), ']')
	}
	return append(dst, tail...)
}

// append writes the members without their braces.
func (m members) append(dst []byte) []byte {
	for i, f := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.value.append(appendName(dst, f.name))
	}
	return dst
}

// appendName writes a member's name, which is held decoded, and its colon.
func appendName(dst []byte, name string) []byte {
	for i := range len(name) {
		if name[i] < ' ' || name[i] == '"' || name[i] == '\\' {
			return append(append(dst, encode(name)...), ':')
		}
	}
	return append(append(append(dst, '"'), name...), '"', ':')
}
