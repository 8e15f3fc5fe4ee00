package journal

import (
	"encoding/binary"
	"time"
)

// Status is how an item ended.
type Status uint8

// The statuses.
const (
	Done    Status = iota // answered and accepted
	Failed                // no answer
	Invalid               // answered, but never accepted

	// Kinds of Invalid. Readers that do not know them see an Invalid.
	Truncated // the answer was cut off
	Filtered  // the answer was withheld by the provider
	Refused   // the answer was a refusal
	statuses
)

// plain returns the status in the numbering of the first version.
func (s Status) plain() Status { return min(s, Invalid) }

// Unknown is the value of a cost or a number of tokens that is not known.
const Unknown = -1

// Entry is what the journal keeps of a committed row.
type Entry struct {
	Index  int64  // of the item in the input, from 0
	Status Status // how the item ended
	Code   uint8  // the cause of a failure, the caller's numbering; 0: none

	ItemSum uint32 // checksum of the item as it was read; 0: not known

	Offset int64  // of the row in the output; set by the journal
	Length int64  // of the row, its newline included; set by the journal
	RowSum uint32 // CRC-32C of the row; set by the journal

	Started    time.Time     // when the first request was sent, in ms; zero: none was
	FirstToken time.Duration // of the attempt that ended it, in us; 0: none came
	Total      time.Duration // likewise

	Requests int64 // sent for the item in this session, hedges included
	Attempts int64 // of Requests, those that counted as attempts

	PromptTokens     int64 // of all its requests in this session; Unknown
	CompletionTokens int64 // likewise
	Cost             int64 // likewise, in billionths of a US dollar

	// Trip is how the request went that brought the row, or the last one if none
	// did, see Brings; a zero Trip: none was sent, or an older version wrote the entry.
	Trip Trip

	// Brought is what the last of Requests used, which brought the row; the
	// others stand as attempts. AllNoted: that one does, too.
	Brought  Used
	AllNoted bool

	carried bool // the requests before it stand in an account record
	guessed bool // an older version wrote it, which did not tell what brought the row
}

// Clone returns a copy with strings of its own, for whoever keeps a few of the
// many that a [Visitor] is told.
func (e *Entry) Clone() Entry {
	own := *e
	own.Trip = own.Trip.Clone()
	return own
}

// Attempt is a request that ended and brought no row: throttled, failed, not
// accepted, or the loser of a hedge.
type Attempt struct {
	Index int64
	Code  uint8 // why, the caller's numbering; 0: none

	Reserved         int64 // the cost given to Intend for it
	PromptTokens     int64 // what it used; Unknown
	CompletionTokens int64
	Cost             int64 // in billionths of a US dollar; Unknown

	Trip Trip // zero: an older version wrote it
}

// appendKnown appends n shifted by one, so that Unknown is 0.
func appendKnown(b []byte, n int64) []byte {
	return binary.AppendUvarint(b, uint64(max(n, Unknown)+1))
}

func appendCount(b []byte, n int64) []byte { return binary.AppendUvarint(b, uint64(max(n, 0))) }

func appendEntry(dst []byte, e *Entry) []byte {
	start := len(dst)
	dst = append(dst, byte(kindEntry), 0)
	dst = appendCount(dst, e.Index)
	dst = append(dst, byte(e.Status.plain()), e.Code)
	dst = binary.LittleEndian.AppendUint32(dst, e.ItemSum)
	dst = binary.LittleEndian.AppendUint32(dst, e.RowSum)
	dst = appendCount(dst, e.Offset)
	dst = appendCount(dst, e.Length)
	dst = appendCount(dst, millis(e.Started))
	dst = appendCount(dst, e.FirstToken.Microseconds())
	dst = appendCount(dst, e.Total.Microseconds())
	dst = appendCount(dst, e.Requests)
	dst = appendCount(dst, e.Attempts)
	dst = appendKnown(dst, e.PromptTokens)
	dst = appendKnown(dst, e.CompletionTokens)
	dst = appendKnown(dst, e.Cost)
	if e.Status >= Invalid {
		dst = append(dst, byte(e.Status))
	}
	dst = appendBrought(dst, e)
	dst = appendTrip(dst, &e.Trip, e.base())
	return sealRecord(dst, start)
}

// parseEntry reads an entry. Bytes after the known fields are of a later
// version, and skipped.
func parseEntry(payload []byte) (e Entry, ok bool) { return fields{b: payload}.entry() }

func (f fields) entry() (e Entry, ok bool) {
	e.Index = f.count()
	e.Status, e.Code = Status(f.byte()), f.byte()
	e.ItemSum, e.RowSum = f.uint32(), f.uint32()
	e.Offset, e.Length = f.count(), f.count()
	e.Started = f.time()
	e.FirstToken = f.micros()
	e.Total = f.micros()
	e.Requests, e.Attempts = f.count(), f.count()
	e.PromptTokens, e.CompletionTokens, e.Cost = f.known(), f.known(), f.known()
	ok = !f.bad && e.Status <= Invalid && e.Length > 0
	if ok && e.Status == Invalid && len(f.b) > 0 {
		if kind := Status(f.byte()); kind > Invalid && kind < statuses {
			e.Status = kind
		}
	}
	f.parseBrought(&e)
	e.Trip = f.parseTrip(e.base())
	return e, ok && !f.bad
}

// An intent is a request about to be sent.
type intent struct {
	index  int64
	sum    uint32
	cost   int64
	tokens int64 // at most; Unknown
}

func appendIntent(dst []byte, in intent) []byte {
	start := len(dst)
	dst = append(dst, byte(kindIntent), 0)
	dst = appendCount(dst, in.index)
	dst = binary.LittleEndian.AppendUint32(dst, in.sum)
	dst = appendKnown(dst, in.cost)
	if in.tokens > 0 {
		dst = appendKnown(dst, in.tokens)
	}
	return sealRecord(dst, start)
}

func parseIntent(payload []byte) (in intent, ok bool) {
	f := fields{b: payload}
	in.index, in.sum, in.cost, in.tokens = f.count(), f.uint32(), f.known(), Unknown
	if len(f.b) > 0 {
		in.tokens = f.known()
	}
	return in, !f.bad
}

func appendAttempt(dst []byte, a *Attempt) []byte {
	start := len(dst)
	dst = append(dst, byte(kindAttempt), 0)
	dst = appendCount(dst, a.Index)
	dst = append(dst, a.Code)
	dst = appendKnown(dst, a.Reserved)
	dst = appendKnown(dst, a.PromptTokens)
	dst = appendKnown(dst, a.CompletionTokens)
	dst = appendKnown(dst, a.Cost)
	dst = appendTrip(dst, &a.Trip, Trip{})
	return sealRecord(dst, start)
}

func (f fields) attempt() (a Attempt, ok bool) {
	a.Index, a.Code, a.Reserved = f.count(), f.byte(), f.known()
	a.PromptTokens, a.CompletionTokens, a.Cost = f.known(), f.known(), f.known()
	a.Trip = f.parseTrip(Trip{})
	return a, !f.bad
}

// millis returns a time as Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fields reads the fields of a payload one by one. bad is set by the first one
// that is not there.
type fields struct {
	b    []byte
	bad  bool
	text string // holds at its end what is in b, so that texts need not be copied; "": copied
	mute bool   // texts are not wanted
}

func (f *fields) fail() { f.b, f.bad = nil, true }

func (f *fields) uvarint() uint64 {
	if len(f.b) > 0 && f.b[0] < 0x80 {
		n := uint64(f.b[0])
		f.b = f.b[1:]
		return n
	}
	n, w := binary.Uvarint(f.b)
	if w <= 0 {
		f.fail()
		return 0
	}
	f.b = f.b[w:]
	return n
}

// count reads a number that fits an int64 and is not negative.
func (f *fields) count() int64 {
	n := int64(f.uvarint())
	if n < 0 {
		f.fail()
		return 0
	}
	return n
}

func (f *fields) known() int64 { return f.count() - 1 }

func (f *fields) byte() byte {
	if len(f.b) == 0 {
		f.fail()
		return 0
	}
	c := f.b[0]
	f.b = f.b[1:]
	return c
}

func (f *fields) uint32() uint32 {
	if len(f.b) < 4 {
		f.fail()
		return 0
	}
	n := binary.LittleEndian.Uint32(f.b)
	f.b = f.b[4:]
	return n
}

// maxMicros is the longest time that a time.Duration holds.
const maxMicros = int64(1<<63-1) / int64(time.Microsecond)

func (f *fields) micros() time.Duration {
	return time.Duration(min(f.count(), maxMicros)) * time.Microsecond
}

func (f *fields) time() time.Time {
	ms := f.count()
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
