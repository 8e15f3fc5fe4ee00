package openai

import (
	"bytes"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
)

// A template is the fast path. The chunks of a stream differ, mostly, in one
// string: if the bytes before and after it equal those of the last chunk that
// was fully parsed, and if that one did nothing but add its string, then only
// the string has to be looked at. Everything else takes the full parser.
//
// OpenAI pads each chunk with an "obfuscation" of random length, which is why
// a second string may differ too.
type template struct {
	off    bool // for tests: full parser only
	target *value
	kind   paceline.DeltaKind
	choice int64

	head []byte // up to and with the opening quote of the text
	mid  []byte // from its closing quote on; up to the padding if there is any
	tail []byte // from the padding's closing quote on, nil without padding
}

func (t *template) reset() { t.target = nil }

// learn makes a template of the chunk that the emitter has just seen, which
// must have had one choice and one piece of text.
func (t *template) learn(o *emitter) {
	if t.off || o.last.n != 1 || o.last.target == nil {
		return
	}
	start, ok := offset(o.data, o.last.quoted)
	if !ok {
		return
	}
	end := start + len(o.last.quoted) - 1
	t.head = append(t.head[:0], o.data[:start+1]...)
	t.mid, t.tail = append(t.mid[:0], o.data[end:]...), t.tail[:0]
	if len(o.pad) >= 2 && o.pad[0] == '"' {
		pad, ok := offset(o.data, o.pad)
		if !ok || pad < end {
			return
		}
		t.mid = append(t.mid[:0], o.data[end:pad+1]...)
		t.tail = append(t.tail, o.data[pad+len(o.pad)-1:]...)
	}
	t.target, t.kind, t.choice = o.last.target, o.last.kind, o.last.choice
}

// offset returns where part stands in whole, of which it is a slice.
func offset(whole, part []byte) (int, bool) {
	i := cap(whole) - cap(part)
	if len(part) == 0 || i < 0 || i+len(part) > len(whole) || &whole[i] != &part[0] {
		return 0, false
	}
	return i, true
}

// take processes a chunk that fits and reports whether it did.
func (t *template) take(data []byte, o *emitter) bool {
	if t.target == nil || !bytes.HasPrefix(data, t.head) {
		return false
	}
	start := len(t.head)
	n := textLen(data[start:])
	if n <= 0 || !t.fits(data[start+n:]) {
		return false
	}
	inner := data[start : start+n]
	t.target.extend(inner)
	o.begin(data)
	o.add(t.kind, t.choice, data[start-1:start+n+1])
	return true
}

// fits reports whether what follows the text is what followed it before.
func (t *template) fits(rest []byte) bool {
	if len(t.tail) == 0 {
		return bytes.Equal(rest, t.mid)
	}
	if !bytes.HasPrefix(rest, t.mid) {
		return false
	}
	rest = rest[len(t.mid):]
	pad := textLen(rest)
	return pad >= 0 && bytes.Equal(rest[pad:], t.tail)
}

// textLen returns the length of the inside of a JSON string up to its closing
// quote, or -1 if it is not one or has escapes that need a closer look.
func textLen(b []byte) int {
	if end := jsonscan.StringEnd(b, 0); end != jsonscan.Invalid {
		return end - 1
	}
	return -1
}
