package journal

import (
	"encoding/binary"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Trip is how one request went. The strings are kept on one line, their
// control characters as spaces, and what is too long is cut.
type Trip struct {
	Started    time.Time     // when it was sent, in ms; zero: not known
	FirstToken time.Duration // to the first content, in us; 0: none came
	Total      time.Duration // to its end, in us
	HTTP       int           // status of the answer; 0: none came
	Bytes      int64         // of the answer's body, as they came
	Endpoint   string        // its name; "": there is but one
	Model      string        // that was asked; "": that of the item
	RequestID  string        // the provider's, 128 bytes at most; so are the two before it
	Hedge      bool          // sent beside an earlier one
	Message    string        // why it failed, 200 bytes at most; "": it did not
}

// Clone returns the trip with strings of its own, for whoever keeps a few of
// the many that a [Visitor] is told.
func (t Trip) Clone() Trip {
	t.Endpoint, t.Model = strings.Clone(t.Endpoint), strings.Clone(t.Model)
	t.RequestID, t.Message = strings.Clone(t.RequestID), strings.Clone(t.Message)
	return t
}

const (
	maxName    = 128
	maxMessage = 200
)

// The fields of a trip that follow its mask, in this order. The first four are
// absent where they are those of the base, the others where they are 0.
const (
	tripBytes = 1 << iota
	tripRequestID
	tripStarted
	tripHTTP
	tripFirstToken
	tripTotal
	tripMessage
	tripEndpoint
	tripModel
	tripHedge
)

// base is what a trip is most likely to be for an entry, and so need not say
// again. That of an attempt is the zero Trip.
func (e *Entry) base() Trip {
	t := Trip{Started: e.Started, FirstToken: e.FirstToken, Total: e.Total}
	if e.Status == Done {
		t.HTTP = 200
	}
	return t
}

// appendTrip appends how t differs from its base, and nothing for a zero Trip.
func appendTrip(dst []byte, t *Trip, base Trip) []byte {
	if *t == (Trip{}) {
		return dst
	}
	dst = binary.AppendUvarint(dst, t.mask(&base))
	if t.Bytes > 0 {
		dst = appendCount(dst, t.Bytes)
	}
	dst = appendText(dst, t.RequestID, maxName)
	if d := millis(t.Started) - millis(base.Started); d != 0 {
		dst = binary.AppendVarint(dst, d)
	}
	if t.HTTP != base.HTTP {
		dst = appendCount(dst, int64(t.HTTP))
	}
	if t.FirstToken != base.FirstToken {
		dst = appendCount(dst, t.FirstToken.Microseconds())
	}
	if t.Total != base.Total {
		dst = appendCount(dst, t.Total.Microseconds())
	}
	dst = appendText(dst, t.Message, maxMessage)
	dst = appendText(dst, t.Endpoint, maxName)
	return appendText(dst, t.Model, maxName)
}

// mask says which fields follow it.
func (t *Trip) mask(base *Trip) (m uint64) {
	set := func(bit uint64, there bool) {
		if there {
			m |= bit
		}
	}
	set(tripBytes, t.Bytes > 0)
	set(tripRequestID, t.RequestID != "")
	set(tripStarted, millis(t.Started) != millis(base.Started))
	set(tripHTTP, t.HTTP != base.HTTP)
	set(tripFirstToken, t.FirstToken != base.FirstToken)
	set(tripTotal, t.Total != base.Total)
	set(tripMessage, t.Message != "")
	set(tripEndpoint, t.Endpoint != "")
	set(tripModel, t.Model != "")
	set(tripHedge, t.Hedge)
	return m
}

// parseTrip reads what appendTrip wrote, if anything. Bits of the mask that are
// not known announce fields of a later version, behind those that are.
func (f *fields) parseTrip(base Trip) (t Trip) {
	if len(f.b) == 0 {
		return Trip{}
	}
	t, m := base, f.uvarint()
	if m&tripBytes != 0 {
		t.Bytes = f.count()
	}
	t.RequestID = f.textIf(m&tripRequestID != 0)
	if m&tripStarted != 0 {
		t.Started = since(base.Started, f.varint())
	}
	if m&tripHTTP != 0 {
		t.HTTP = int(min(f.count(), 1<<31-1))
	}
	if m&tripFirstToken != 0 {
		t.FirstToken = f.micros()
	}
	if m&tripTotal != 0 {
		t.Total = f.micros()
	}
	t.Message = f.textIf(m&tripMessage != 0)
	t.Endpoint = f.textIf(m&tripEndpoint != 0)
	t.Model = f.textIf(m&tripModel != 0)
	t.Hedge = m&tripHedge != 0
	return t
}

// since returns the time ms after base.
func since(base time.Time, ms int64) time.Time {
	if ms += millis(base); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// appendText appends a text that is not empty.
func appendText(dst []byte, s string, most int) []byte {
	if s == "" {
		return dst
	}
	s = oneLine(s, most)
	return append(appendCount(dst, int64(len(s))), s...)
}

// oneLine returns s as valid UTF-8 without control characters, cut to at most so
// many bytes.
func oneLine(s string, most int) string {
	if len(s) <= most && plain(s) {
		return s
	}
	s = s[:min(len(s), most+utf8.UTFMax)] // more is cut anyway
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// plain reports whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// varint reads a number that may be negative.
func (f *fields) varint() int64 {
	n, w := binary.Varint(f.b)
	if w <= 0 {
		f.fail()
		return 0
	}
	f.b = f.b[w:]
	return n
}

// textIf reads a text, if it is there.
func (f *fields) textIf(there bool) string {
	if !there {
		return ""
	}
	n := f.count()
	if n > int64(len(f.b)) {
		f.fail()
		return ""
	}
	from := len(f.text) - len(f.b)
	b := f.b[:n]
	f.b = f.b[n:]
	switch {
	case f.mute:
		return ""
	case from >= 0 && f.text != "":
		return f.text[from:][:n]
	}
	return string(b)
}
