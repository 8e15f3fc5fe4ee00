package onepass

// A checker goes through a text once. Its methods that return a verdict stand
// behind what they read if it is Fits, anywhere if not.
type checker struct {
	doc     []byte
	pos     int
	depth   int // of arrays and objects around pos
	limits  Limits
	tries   int    // bytes that may yet be read again
	scratch []byte // a string without its escapes
	items   []byte // elements that must differ, in a form that tells
	spans   []span // where they stand in items
}

// maxTries is how often a text is read again for its alternatives, on average,
// before it is left to others: nested ones multiply.
const maxTries = 16

func (c *checker) document(n *node) Verdict {
	c.space()
	if v := c.value(n); v != Fits {
		return v
	}
	if c.space(); c.pos != len(c.doc) {
		return Unsure
	}
	return Fits
}

// space skips blanks.
func (c *checker) space() {
	for c.pos < len(c.doc) && isSpace(c.doc[c.pos]) {
		c.pos++
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// next returns the byte at pos, 0 at the end.
func (c *checker) next() byte {
	if c.pos < len(c.doc) {
		return c.doc[c.pos]
	}
	return 0
}

// take skips a byte if it is b.
func (c *checker) take(b byte) bool {
	if c.pos < len(c.doc) && c.doc[c.pos] == b {
		c.pos++
		return true
	}
	return false
}

// value checks the value at pos.
func (c *checker) value(n *node) Verdict {
	if n == nil {
		return c.skip()
	}
	kind := kindsOf[c.next()]
	switch {
	case kind == 0:
		return Unsure
	case kind&n.kinds == 0:
		return Misfits
	case !n.refers():
		return c.own(n, kind)
	}
	return c.joined(n, kind)
}

// own checks what a node asks itself.
func (c *checker) own(n *node, kind kinds) Verdict {
	switch kind {
	case str:
		return c.text(n.text)
	case object:
		return c.object(n.members)
	case array:
		return c.array(n.elements)
	case whole | fraction:
		return c.number(n)
	}
	return c.skip()
}

// joined checks a value against a node and all those that look at it as well,
// one after the other.
func (c *checker) joined(n *node, kind kinds) Verdict {
	start := c.pos
	if !n.byKind() {
		if v := c.own(n, kind); v != Fits {
			return v
		}
	}
	for _, other := range n.all {
		if v := c.again(other, start); v != Fits {
			return v
		}
	}
	for _, list := range n.any {
		if v := c.anyOf(list, start); v != Fits {
			return v
		}
	}
	for _, list := range n.one {
		if v := c.oneOf(list, start); v != Fits {
			return v
		}
	}
	return Fits
}

// again checks the value at start, whatever was read of it before.
func (c *checker) again(n *node, start int) Verdict {
	if c.tries -= c.pos - start; c.tries < 0 {
		return Unsure
	}
	depth := c.depth
	c.pos = start
	v := c.value(n)
	c.depth = depth
	return v
}

func (c *checker) anyOf(list []*node, start int) Verdict {
	for _, n := range list {
		if v := c.again(n, start); v != Misfits {
			return v
		}
	}
	return Misfits
}

// oneOf needs a no that is certain of all alternatives but one. A key that
// stands twice makes it uncertain: the value that counts is the last one's.
func (c *checker) oneOf(list []*node, start int) Verdict {
	end, sure := -1, true
	for _, n := range list {
		switch v := c.again(n, start); {
		case v == Unsure:
			return Unsure
		case v == Fits && end >= 0:
			return Misfits
		case v == Fits:
			end = c.pos
		case n.kinds&kindsOf[c.doc[start]] != 0:
			sure = false
		}
	}
	if end < 0 {
		return Misfits
	}
	if c.pos = start; !sure && !c.distinct() {
		return Unsure
	}
	c.pos = end
	return Fits
}
