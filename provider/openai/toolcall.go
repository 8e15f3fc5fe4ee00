package openai

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// A toolCall is one call in the making; its members are id, type, function
// and whatever else came, without the index.
type toolCall struct {
	number  int // in the order of their first pieces
	index   int64
	indexed bool
	args    whole // whether its arguments are
	value
}

// toolCalls puts calls together from pieces of which only some say what they
// belong to.
type toolCalls struct {
	calls []*toolCall // in the order of their first pieces
	last  *toolCall   // the one that the last piece belonged to

	// The newest of those with an index, and of those with an id; nil: all are few.
	byIndex map[int64]*toolCall
	byID    map[string]*toolCall
}

// A toolPiece is what a piece says about the call that it belongs to.
type toolPiece struct {
	raw     []byte
	index   int64
	indexed bool
	id      []byte // raw; nil if absent, null or ""
	name    []byte // inside of the string
	args    []byte // raw
	bare    bool   // it only adds to the arguments of the call that the index names
}

func readToolPiece(raw []byte) toolPiece {
	p := toolPiece{raw: raw, bare: true}
	for c := rawjson.Object(raw); c.Next(); {
		switch string(c.Key()) {
		case "index":
			n, err := strconv.ParseInt(string(c.Value()), 10, 64)
			p.index, p.indexed = n, err == nil
		case "id":
			if id, ok := rawjson.Inner(c.Value()); ok && len(id) > 0 {
				p.id, p.bare = c.Value(), false
			}
		case "function", "custom":
			p.readBody(c.Value())
		case "type":
		default:
			p.bare = false
		}
	}
	return p
}

func (p *toolPiece) readBody(raw []byte) {
	for c := rawjson.Object(raw); c.Next(); {
		switch string(c.Key()) {
		case "name":
			p.name, _ = rawjson.Inner(c.Value())
			p.bare = p.bare && len(p.name) == 0
		case "arguments", "input":
			if !rawjson.Null(c.Value()) {
				p.args = c.Value()
			}
		default:
			p.bare = false
		}
	}
}

// add merges one piece and returns what it says.
func (t *toolCalls) add(raw []byte) toolPiece {
	p := readToolPiece(raw)
	call := t.find(p)
	if call == nil {
		call = &toolCall{number: len(t.calls), index: p.index, indexed: p.indexed, value: value{kind: kindObject}}
		t.calls = append(t.calls, call)
	}
	for c := rawjson.Object(raw); c.Next(); {
		if key := c.Key(); string(key) != "index" {
			if m := call.members.at(key); m != nil {
				m.merge(m.name, c.Value(), 1)
			}
		}
	}
	t.last = call
	if t.byID != nil {
		t.know(call)
	}
	return p
}

// know has a call be found by its index and id, if it is the newest that has them.
func (t *toolCalls) know(call *toolCall) {
	if known := t.byIndex[call.index]; call.indexed && (known == nil || known.number < call.number) {
		t.byIndex[call.index] = call
	}
	if id := call.id(); id != nil {
		if known := t.byID[string(id)]; known == nil || known.number < call.number {
			t.byID[string(id)] = call
		}
	}
}

// many reports whether the calls are to be found by the maps.
func (t *toolCalls) many() bool {
	if t.byID == nil && len(t.calls) > few {
		t.byIndex, t.byID = make(map[int64]*toolCall), make(map[string]*toolCall)
		for _, c := range t.calls {
			t.know(c)
		}
	}
	return t.byID != nil
}

// find returns the call that a piece belongs to, nil for a new one.
//
// The index decides, and where servers use one index for several calls, or
// none at all, the id; where there is no id either, a piece that brings a name
// to a call whose arguments are already whole begins a new call.
func (t *toolCalls) find(p toolPiece) *toolCall {
	call := t.candidate(p)
	if call == nil {
		return nil
	}
	id := call.id()
	if p.id != nil && id != nil && !bytes.Equal(p.id, id) {
		if known := t.withID(p.id); known != nil && known.index == p.index {
			return known
		}
		return nil
	}
	if len(p.name) > 0 && len(p.args) > 2 && call.whole() {
		return nil
	}
	if p.id == nil && !p.indexed && len(p.name) > 0 && !call.sameName(p.name) {
		return nil
	}
	return call
}

// candidate returns the newest call that the index, or else the id, or else
// the order of arrival points to.
func (t *toolCalls) candidate(p toolPiece) *toolCall {
	switch {
	case p.indexed && t.last != nil && t.last.indexed && t.last.index == p.index:
		return t.last
	case p.indexed:
		return t.withIndex(p.index)
	case p.id != nil:
		return t.withID(p.id)
	}
	return t.last
}

// withIndex returns the newest call with that index, nil if there is none.
func (t *toolCalls) withIndex(index int64) *toolCall {
	if t.many() {
		return t.byIndex[index]
	}
	for _, c := range slices.Backward(t.calls) {
		if c.indexed && c.index == index {
			return c
		}
	}
	return nil
}

// withID returns the newest call with that raw id, nil if there is none.
func (t *toolCalls) withID(id []byte) *toolCall {
	if t.many() {
		return t.byID[string(id)]
	}
	for _, c := range slices.Backward(t.calls) {
		if bytes.Equal(c.id(), id) {
			return c
		}
	}
	return nil
}

func (c *toolCall) id() []byte {
	if m := c.members.find("id"); m != nil && !m.null() && string(m.buf) != `""` {
		return m.buf
	}
	return nil
}

// body returns the function (or custom) member's member of that name.
func (c *toolCall) body(names ...string) *value {
	for _, outer := range []string{"function", "custom"} {
		m := c.members.find(outer)
		if m == nil {
			continue
		}
		for _, name := range names {
			if inner := m.members.find(name); inner != nil {
				return &inner.value
			}
		}
	}
	return nil
}

// whole reports whether the arguments so far are a complete JSON value.
func (c *toolCall) whole() bool {
	args := c.body("arguments", "input")
	return args != nil && c.args.of(args)
}

func (c *toolCall) sameName(name []byte) bool {
	m := c.body("name")
	return m == nil || m.empty() || bytes.Equal(m.buf, name)
}

// append writes the array of calls, by index where every call has its own.
func (t *toolCalls) append(dst []byte) []byte {
	calls := slices.Clone(t.calls)
	if distinct(calls) {
		slices.SortStableFunc(calls, func(a, b *toolCall) int { return cmp.Compare(a.index, b.index) })
	}
	dst = append(dst, '[')
	for i, c := range calls {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = c.complete().append(dst)
	}
	return append(dst, ']')
}

func distinct(calls []*toolCall) bool {
	seen := make(map[int64]bool, len(calls))
	for _, c := range calls {
		if !c.indexed || seen[c.index] {
			return false
		}
		seen[c.index] = true
	}
	return true
}

// complete adds what an unstreamed call always has and some streams leave out.
func (c *toolCall) complete() *value {
	f := c.members.find("function")
	if f == nil || f.kind != kindObject {
		return &c.value
	}
	if m := c.members.at([]byte("type")); m != nil {
		m.keep([]byte(`"function"`))
	}
	if m := f.members.at([]byte("arguments")); m != nil && m.empty() {
		m.value = value{kind: kindText}
	}
	return &c.value
}
