package onepass

import (
	"bytes"
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
	raw, escaped, ok := c.quoted()
	if !ok {
		return Unsure
	}
	if t == nil {
		return Fits
	}
	if !t.measured(raw, escaped) {
		return Misfits
	}
	if t.pattern == nil && t.format == nil && t.labels == nil {
		return Fits
	}
	if s := c.plain(raw, escaped); t.labels != nil && !t.labels.has(s) ||
		t.pattern != nil && !t.pattern.Match(s) || t.format != nil && !t.format.fits(s) {
		return Misfits
	}
	return Fits
}

// A code point takes at most 4 bytes as it stands, and 12 as two escapes.
const (
	widest        = 4
	widestEscaped = 12
)

// measured reports whether a string is as long as it may be, without counting where
// its bytes tell.
func (t *text) measured(raw []byte, escaped bool) bool {
	most := widest
	if escaped {
		most = widestEscaped
	}
	if (t.max < 0 || len(raw) <= t.max) && len(raw)/most >= t.min {
		return true
	}
	n := codePoints(raw, escaped)
	return n >= t.min && (t.max < 0 || n <= t.max)
}

// codePoints counts those that a string stands for.
func codePoints(raw []byte, escaped bool) (n int) {
	for escaped {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			break
		}
		_, size := jsontext.Unescape(raw[i:])
		n += utf8.RuneCount(raw[:i]) + 1
		raw = raw[i+size:]
	}
	return n + utf8.RuneCount(raw)
}

// plain returns what a string stands for, until the next call.
func (c *checker) plain(raw []byte, escaped bool) []byte {
	if !escaped {
		return raw
	}
	c.scratch = jsontext.AppendPlain(c.scratch[:0], raw)
	return c.scratch
}

// quoted reads the string at pos and returns its inside. It must be UTF-8.
func (c *checker) quoted() (raw []byte, escaped, ok bool) {
	doc, i, high := c.doc, c.pos+1, uint64(0)
	for {
		i, high = stringEnd(doc, i, high)
		if i >= len(doc) {
			return nil, false, false
		}
		switch doc[i] {
		case '"':
			raw = doc[c.pos+1 : i]
			c.pos = i + 1
			return raw, escaped, high == 0 || utf8.Valid(raw)
		case '\\':
			_, n := jsontext.Unescape(doc[i:])
			if n == 0 {
				return nil, false, false
			}
			escaped, i = true, i+n
		default:
			return nil, false, false
		}
	}
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
