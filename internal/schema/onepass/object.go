package onepass

import "math/bits"

// members are what is asked of an object.
type members struct {
	names    []string       // that are looked for, at most maxNames
	index    map[string]int // of names, where they are many
	nodes    []*node        // of their values
	own      uint64         // names with a schema of their own; those without are as others
	required uint64
	closed   bool  // other names are not allowed
	rest     *node // of other names' values
	min, max int   // members; max -1: any
}

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
		key, found := c.key()
		if !found {
			return Unsure
		}
		n, v := m.member(key, &seen)
		if v != Fits {
			return v
		}
		if v := c.value(n); v != Fits {
			return v
		}
		more, ok = c.more('}')
	}
	if !ok {
		return Unsure
	}
	return m.counted(count, seen)
}

// member returns what is asked of the value of a key, and notes the key. One
// of the names that comes twice is for others to judge.
func (m *members) member(key []byte, seen *uint64) (*node, Verdict) {
	i := m.find(key)
	if i < 0 {
		return m.other()
	}
	bit := uint64(1) << i
	if *seen&bit != 0 {
		return nil, Unsure
	}
	*seen |= bit
	if m.own&bit == 0 {
		return m.other()
	}
	return m.nodes[i], Fits
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
