package onepass

import "sync"

// A Verdict is what a check says of a text.
type Verdict uint8

const (
	// Unsure: the text is not JSON, is beyond the limits, has a key twice or bytes
	// that are not UTF-8 where these count, or its alternatives take many tries.
	Unsure  Verdict = iota
	Fits            // it is JSON within the limits, and fits the schema
	Misfits         // it does not, unless an object in it has a key twice
)

// Limits bound the texts that are judged. All must be set.
type Limits struct {
	Nested   int // arrays and objects in one another
	Digits   int // bytes of a number
	Exponent int // of a number, as it is written, on either side of 0
}

// A Program checks texts. It is safe for concurrent use. Its nil fits nothing
// surely: Check returns Unsure.
type Program struct {
	root   *node
	limits Limits
}

// JSON returns the program that any JSON within limits fits.
func JSON(limits Limits) *Program { return &Program{limits: limits} }

var checkers = sync.Pool{New: func() any { return new(checker) }}

// maxKept is how much a checker keeps for the next text, of bytes and spans.
const maxKept = 64 << 10

// Check judges a text. It keeps nothing of it.
func (p *Program) Check(text []byte) Verdict {
	if p == nil {
		return Unsure
	}
	c := checkers.Get().(*checker)
	c.doc, c.pos, c.depth, c.limits = text, 0, 0, p.limits
	c.items, c.spans = c.items[:0], c.spans[:0]
	c.tries = maxTries*len(text) + 4096
	v := c.document(p.root)
	c.doc = nil
	if cap(c.scratch)+cap(c.items)+cap(c.spans) > maxKept {
		c.scratch, c.items, c.spans = nil, nil, nil
	}
	checkers.Put(c)
	return v
}
