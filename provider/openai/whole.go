package openai

import (
	"encoding/json"

	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// A whole finds out whether a text that grows is one whole JSON value. All its looks
// together cost no more than the text's length. The zero value has seen nothing.
type whole struct {
	text   *value // whose text it looks at
	at     int    // up to where
	depth  int    // of brackets that are open
	quoted bool   // it is in a string
	escape bool   // and a backslash came last
	end    wholeEnd
}

type wholeEnd uint8

const (
	wholeOpen   wholeEnd = iota // it has not ended
	wholeEnded                  // it has, and is good
	wholeBroken                 // whatever comes, it is none
)

// longestScalar is up to which length a number or a word is looked at, which has no
// end of its own.
const longestScalar = 64

// of reports whether the text of v, which has grown since the last time, is whole.
func (w *whole) of(v *value) bool {
	if v.kind != kindText {
		return false
	}
	if w.text != v || w.at > len(v.buf) {
		*w = whole{text: v}
	}
	for w.end != wholeBroken && w.at < len(v.buf) {
		c, n := unescaped(v.buf[w.at:])
		if n == 0 {
			break // half of an escape
		}
		w.at += n
		w.take(c)
	}
	if w.end == wholeOpen && w.depth == 0 && !w.quoted && len(v.buf) <= longestScalar {
		return isWhole(v.buf)
	}
	return w.end == wholeEnded
}

// take takes the next byte of the JSON.
func (w *whole) take(c byte) {
	switch {
	case w.end == wholeEnded:
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			w.end = wholeBroken
		}
	case w.quoted:
		w.inString(c)
	case c == '"':
		w.quoted = true
	case c == '{' || c == '[':
		w.depth++
	case c == '}' || c == ']':
		w.depth--
		w.close()
	}
}

func (w *whole) inString(c byte) {
	switch {
	case w.escape:
		w.escape = false
	case c == '\\':
		w.escape = true
	case c == '"':
		w.quoted = false
		w.close()
	}
}

// close looks whether the value has ended with the last byte. That is looked at once:
// a value ends with its last bracket, or it never is one.
func (w *whole) close() {
	if w.depth > 0 {
		return
	}
	w.end = wholeBroken
	if isWhole(w.text.buf[:w.at]) {
		w.end = wholeEnded
	}
}

// isWhole reports whether the inside of a JSON string is a JSON value itself.
func isWhole(inner []byte) bool {
	quoted := append(append(append(make([]byte, 0, len(inner)+2), '"'), inner...), '"')
	return json.Valid([]byte(rawjson.Str(quoted)))
}

// unescaped returns the first byte of what the inside of a JSON string says, some
// letter for all that is not ASCII, and how long it stands for that; 0 for half of an
// escape.
func unescaped(inner []byte) (c byte, n int) {
	switch {
	case inner[0] != '\\':
		return inner[0], 1
	case len(inner) < 2 || inner[1] == 'u' && len(inner) < 6:
		return 0, 0
	}
	switch inner[1] {
	case 'n', 'r', 't':
		return '\n', 2
	case 'b', 'f':
		return '\b', 2
	case 'u':
		return ascii(inner[2:6]), 6
	}
	return inner[1], 2
}

// ascii returns the character of four hexadecimal digits, 'x' if it is not ASCII.
func ascii(hex []byte) byte {
	n := 0
	for _, d := range hex {
		switch {
		case d >= 'a':
			d -= 'a' - 10
		case d >= 'A':
			d -= 'A' - 10
		default:
			d -= '0'
		}
		n = n<<4 | int(d)
	}
	if n > 127 {
		return 'x'
	}
	return byte(n)
}
