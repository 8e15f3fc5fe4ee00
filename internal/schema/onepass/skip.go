package onepass

// skip goes over the value at pos, of which nothing is asked but that it is JSON
// within the limits.
func (c *checker) skip() Verdict {
	ok := false
	switch b := c.next(); b {
	case '"':
		_, ok = c.quoted()
	case '{':
		ok = c.skipObject()
	case '[':
		ok = c.skipArray()
	case 't':
		ok = c.word("true")
	case 'f':
		ok = c.word("false")
	case 'n':
		ok = c.word("null")
	default:
		_, ok = c.numeral()
	}
	if !ok {
		return Unsure
	}
	return Fits
}

func (c *checker) word(w string) bool {
	end := c.pos + len(w)
	if end > len(c.doc) || string(c.doc[c.pos:end]) != w {
		return false
	}
	c.pos = end
	return true
}

func (c *checker) skipObject() bool {
	more, ok := c.enter('}')
	for ok && more {
		if c.next() != '"' {
			return false
		}
		if _, ok := c.quoted(); !ok {
			return false
		}
		if c.space(); !c.take(':') {
			return false
		}
		if c.space(); c.skip() != Fits {
			return false
		}
		more, ok = c.more('}')
	}
	return ok
}

func (c *checker) skipArray() bool {
	more, ok := c.enter(']')
	for ok && more {
		if c.skip() != Fits {
			return false
		}
		more, ok = c.more(']')
	}
	return ok
}
