package openai

import (
	"bytes"

	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// A list is an array in the making. What nothing can be merged into later, because it
// has no "index" and is no content part, is kept as it came: all that stand behind
// each other in one value.
type list struct {
	all     []*value
	indexed []indexed         // of all, those with an index
	byIndex map[string]*value // them by their raw index; nil: they are few
}

// An indexed is an element with its raw index, which need not be among its members: an
// object keeps so many of them only.
type indexed struct {
	*value
	index string
}

// few elements are looked through; more are found by a map.
const few = 16

// pass adds an element that is kept as it came.
func (l *list) pass(raw []byte) {
	if n := len(l.all); n > 0 && l.all[n-1].kind == kindRaw {
		last := l.all[n-1]
		last.buf = append(append(last.buf, ','), raw...)
		return
	}
	l.all = append(l.all, &value{kind: kindRaw, buf: bytes.Clone(raw)})
}

// merge appends an element, or merges it with the one of the same "index", as the
// official clients do.
func (l *list) merge(raw []byte, depth int) {
	index := rawjson.Get(raw, "index")
	if rawjson.Null(index) {
		l.pass(raw)
		return
	}
	if e := l.find(index); e != nil {
		e.mergeObject(raw, depth+1)
		return
	}
	e := new(value)
	e.mergeObject(raw, depth+1)
	l.all, l.indexed = append(l.all, e), append(l.indexed, indexed{e, string(index)})
	if l.byIndex != nil {
		l.byIndex[string(index)] = e
	}
}

// find returns the element with that raw index, nil if there is none.
func (l *list) find(index []byte) *value {
	if l.byIndex == nil && len(l.indexed) > few {
		l.byIndex = make(map[string]*value, 2*len(l.indexed))
		for _, e := range l.indexed {
			l.byIndex[e.index] = e.value
		}
	}
	if l.byIndex != nil {
		return l.byIndex[string(index)]
	}
	for _, e := range l.indexed {
		if e.index == string(index) {
			return e.value
		}
	}
	return nil
}

// mergePart takes a content part: pieces of one kind belong together.
func (l *list) mergePart(raw []byte, depth int) {
	kind := rawjson.Str(rawjson.Get(raw, "type"))
	if n := len(l.all); n > 0 && (kind == "text" || kind == "thinking") {
		last := l.all[n-1]
		if m := last.members.find("type"); m != nil && rawjson.Str(m.buf) == kind {
			last.mergeObject(raw, depth+1)
			return
		}
	}
	part := new(value)
	part.mergeObject(raw, depth+1)
	l.all = append(l.all, part)
}

// append writes the elements without their brackets.
func (l *list) append(dst []byte) []byte {
	for i, e := range l.all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.append(dst)
	}
	return dst
}
