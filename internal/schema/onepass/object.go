package onepass

import (
	"math/bits"
	"regexp"
)

// members are what is asked of an object.
type members struct {
	names    []string       // that are looked for, at most maxNames
	index    map[string]int // of names, where they are many
	nodes    []*node        // of their values
	own      uint64         // names with a schema of their own; those without are as others
	required uint64
	closed   bool  // other names are not allowed
	rest     *node // of other names' values
	keys     *node // of the names themselves, as strings
	patterns []pattern
	needs    []need
	min, max int // members; max -1: any
}

// A pattern asks something of the values of all names that it matches.
type pattern struct {
	re   *regexp.Regexp
	node *node
}

// A need asks for names where there is another one.
type need struct{ name, others uint64 }

const (
	maxNames = 64 // as there are bits
	fewNames = 8  // are looked through quicker than a map
)

// find returns which name a key is, -1 if none.
func (m *members) find(key []byte) int {
	if m.index != nil {
		if i, ok := m.index[string(key)]; ok {
			return i
		}
		return -1
	}
	for i, name := range m.names {
		if name == string(key) {
			return i
		}
	}
	return -1
}

// object checks the object at pos.
func (c *checker) object(m *members) Verdict {
	if m == nil {
		return c.skip()
	}
	var seen uint64
	count := 0
	more, ok := c.enter('}')
	for ; ok && more; count++ {
		if v := c.member(m, &seen); v != Fits {
			return v
		}
		more, ok = c.more('}')
	}
	if !ok {
		return Unsure
	}
	return m.counted(count, seen)
}

// member checks the name and value at pos, and notes the name.
func (c *checker) member(m *members, seen *uint64) Verdict {
	if start := c.pos; m.keys != nil && c.next() == '"' {
		if v := c.value(m.keys); v != Fits {
			return v
		}
		c.pos = start
	}
	key, ok := c.key()
	if !ok {
		return Unsure
	}
	n, others, v := m.asked(key, seen)
	if v != Fits {
		return v
	}
	start := c.pos
	v = c.value(n)
	for i := 0; v == Fits && i < len(others); i++ {
		v = c.again(others[i], start)
	}
	return v
}

// asked returns what is asked of the value of a key, others by patterns. One of
// the names that comes twice is for others to judge.
func (m *members) asked(key []byte, seen *uint64) (n *node, others []*node, v Verdict) {
	own := false
	if i := m.find(key); i >= 0 {
		bit := uint64(1) << i
		if *seen&bit != 0 {
			return nil, nil, Unsure
		}
		*seen |= bit
		if own = m.own&bit != 0; own {
			n = m.nodes[i]
		}
	}
	for i := range m.patterns {
		if m.patterns[i].re.Match(key) {
			others = append(others, m.patterns[i].node)
		}
	}
	if !own && others == nil {
		n, v = m.other()
		return n, nil, v
	}
	return n, others, Fits
}

func (m *members) other() (*node, Verdict) {
	if m.closed {
		return nil, Misfits
	}
	return m.rest, Fits
}

// counted judges an object by its members. Other names than those that are
// looked for may stand there twice.
func (m *members) counted(count int, seen uint64) Verdict {
	surely := bits.OnesCount64(seen)
	if count > surely {
		surely++
	}
	for _, n := range m.needs {
		if seen&n.name != 0 && seen&n.others != n.others {
			return Misfits
		}
	}
	switch {
	case seen&m.required != m.required, count < m.min, m.max >= 0 && surely > m.max:
		return Misfits
	case surely < m.min, m.max >= 0 && count > m.max:
		return Unsure
	}
	return Fits
}

// enter goes into the array or object at pos. It is not ok if it is too deep,
// or ends in it.
func (c *checker) enter(closing byte) (more, ok bool) {
	c.pos++
	if c.depth++; c.depth > c.limits.Nested {
		return false, false
	}
	c.space()
	if c.take(closing) {
		c.depth--
		return false, true
	}
	return true, true
}

// more reads what stands behind an element or a member.
func (c *checker) more(closing byte) (more, ok bool) {
	c.space()
	if c.take(',') {
		c.space()
		return true, true
	}
	if c.take(closing) {
		c.depth--
		return false, true
	}
	return false, false
}

// key reads a key with its colon. It is good until the next string is read.
func (c *checker) key() (key []byte, ok bool) {
	if c.next() != '"' {
		return nil, false
	}
	q, ok := c.quoted()
	if !ok {
		return nil, false
	}
	if c.space(); !c.take(':') {
		return nil, false
	}
	c.space()
	return c.plain(q), true
}

// distinct goes over the value at pos, and reports whether no object in it has
// a key twice.
func (c *checker) distinct() bool {
	switch c.next() {
	case '{':
		keys := map[string]bool{}
		more, ok := c.enter('}')
		for ok && more {
			key, found := c.key()
			if !found || keys[string(key)] {
				return false
			}
			keys[string(key)] = true
			if !c.distinct() {
				return false
			}
			more, ok = c.more('}')
		}
		return ok
	case '[':
		more, ok := c.enter(']')
		for ok && more {
			if !c.distinct() {
				return false
			}
			more, ok = c.more(']')
		}
		return ok
	}
	return c.skip() == Fits
}
