package onepass

import (
	"encoding/binary"
	"math/bits"
	"regexp"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// A text is what is asked of a string.
type text struct {
	min, max int // code points; max -1: any
	pattern  *regexp.Regexp
	format   *format
	labels   *labels // those that it may be; nil: any
}

// labels are a set of strings.
type labels struct {
	list []string
	set  map[string]bool // of a long list
}

// fewLabels are looked through quicker than a map.
const fewLabels = 8

func newLabels(list []string) *labels {
	l := &labels{list: list}
	if len(list) > fewLabels {
		l.set = map[string]bool{}
		for _, s := range list {
			l.set[s] = true
		}
	}
	return l
}

func (l *labels) has(s []byte) bool {
	if l.set != nil {
		return l.set[string(s)]
	}
	for _, label := range l.list {
		if label == string(s) {
			return true
		}
	}
	return false
}

// text checks the string at pos.
func (c *checker) text(t *text) Verdict {
	q, ok := c.quoted()
	switch {
	case !ok:
		return Unsure
	case t == nil:
		return Fits
	case t.min > 0 || t.max >= 0:
		if n := q.codePoints(); n < t.min || t.max >= 0 && n > t.max {
			return Misfits
		}
	}
	if t.pattern == nil && t.format == nil && t.labels == nil {
		return Fits
	}
	if s := c.plain(q); t.labels != nil && !t.labels.has(s) ||
		t.pattern != nil && !t.pattern.Match(s) || t.format != nil && !t.format.fits(s) {
		return Misfits
	}
	return Fits
}

// A quoted is a string as it stands in the text.
type quoted struct {
	inside  []byte
	escapes int  // bytes by which escapes are longer than one for each code point
	ascii   bool // as it stands
}

// codePoints counts those that the string stands for.
func (q *quoted) codePoints() int {
	if q.ascii {
		return len(q.inside) - q.escapes
	}
	return utf8.RuneCount(q.inside) - q.escapes
}

// plain returns what a string stands for, until the next call.
func (c *checker) plain(q quoted) []byte {
	if q.escapes == 0 {
		return q.inside
	}
	c.scratch = jsontext.AppendPlain(c.scratch[:0], q.inside)
	return c.scratch
}

// quoted reads the string at pos. It must be UTF-8.
func (c *checker) quoted() (q quoted, ok bool) {
	doc, i, high := c.doc, c.pos+1, uint64(0)
	for {
		if i, high = stringEnd(doc, i, high); i >= len(doc) {
			return q, false
		}
		if doc[i] == '"' {
			break
		}
		_, n := jsontext.Escape(doc[i:])
		if n == 0 { // a control character, or no escape
			return q, false
		}
		q.escapes += n - 1
		i += n
	}
	q.inside, q.ascii = doc[c.pos+1:i], high == 0
	c.pos = i + 1
	return q, q.ascii || utf8.Valid(q.inside)
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd returns where in doc from i on the next byte stands that does not
// stand for itself in a string, and high with the bits of those that are not
// ASCII before it. It looks at eight bytes at a time: subtracting borrows into a
// byte's highest bit if it is below the subtrahend, and the lowest such bit is
// exact ("Bit Twiddling Hacks", S. E. Anderson, "Determine if a word has a byte
// less than n").
//
// jsonscan looks for the same bytes without high: what is checked there is read far
// more often, and with high it would take a twentieth more instructions.
func stringEnd(doc []byte, i int, high uint64) (int, uint64) {
	for i+8 <= len(doc) {
		x := binary.LittleEndian.Uint64(doc[i:])
		quote, slash := x^'"'*ones, x^'\\'*ones
		stop := ((x-' '*ones)&^x | (quote-ones)&^quote | (slash-ones)&^slash) & highs
		if stop != 0 {
			n := bits.TrailingZeros64(stop) &^ 7
			return i + n/8, high | x&highs&(1<<n-1)
		}
		high |= x & highs
		i += 8
	}
	for i < len(doc) && doc[i] != '"' && doc[i] != '\\' && doc[i] >= ' ' {
		high |= uint64(doc[i]) & highs
		i++
	}
	return i, high
}
