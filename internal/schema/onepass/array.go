package onepass

import (
	"bytes"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// elements are what is asked of an array.
type elements struct {
	prefix   []*node // of the first ones
	rest     *node   // of those behind
	min, max int     // how many; max -1: any
	unique   bool
}

func (e *elements) node(i int) *node {
	if i < len(e.prefix) {
		return e.prefix[i]
	}
	return e.rest
}

// array checks the array at pos.
func (c *checker) array(e *elements) Verdict {
	if e == nil {
		return c.skip()
	}
	count, spans, items := 0, len(c.spans), len(c.items)
	defer func() { c.spans, c.items = c.spans[:spans], c.items[:items] }()
	more, ok := c.enter(']')
	for ; ok && more; count++ {
		start := c.pos
		if v := c.value(e.node(count)); v != Fits {
			return v
		}
		if e.unique && !c.note(c.doc[start:c.pos]) {
			return Unsure
		}
		more, ok = c.more(']')
	}
	switch {
	case !ok:
		return Unsure
	case count < e.min, e.max >= 0 && count > e.max, e.unique && c.twice(spans):
		return Misfits
	}
	return Fits
}

// A span is a piece of a checker's items.
type span struct{ from, to int }

// note keeps an element in a form that is the same for those that are equal. It
// has none for arrays, objects, and numbers that can be written in several ways.
func (c *checker) note(element []byte) bool {
	from := len(c.items)
	switch element[0] {
	case '{', '[':
		return false
	case '"':
		c.items = append(c.items, '"')
		c.items = jsontext.AppendPlain(c.items, element[1:len(element)-1])
	default:
		if bytes.ContainsAny(element, ".eE") && element[0] <= '9' || string(element) == "-0" {
			return false
		}
		c.items = append(c.items, element...)
	}
	c.spans = append(c.spans, span{from, len(c.items)})
	return true
}

// fewItems are compared each with each quicker than by a map.
const fewItems = 16

// twice reports whether two of the elements from the given one on are equal.
func (c *checker) twice(from int) bool {
	list := c.spans[from:]
	if len(list) > fewItems {
		return c.twiceOfMany(list)
	}
	for i, a := range list {
		for _, b := range list[:i] {
			if bytes.Equal(c.items[a.from:a.to], c.items[b.from:b.to]) {
				return true
			}
		}
	}
	return false
}

func (c *checker) twiceOfMany(list []span) bool {
	seen := make(map[string]bool, len(list))
	for _, s := range list {
		if item := c.items[s.from:s.to]; seen[string(item)] {
			return true
		}
		seen[string(c.items[s.from:s.to])] = true
	}
	return false
}
