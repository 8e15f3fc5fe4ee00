package journal

import (
	"encoding/binary"
	"slices"
	"time"
)

// A Moment is how a run stood at one time, and what happened since the one
// before it in its session. Runs note one a second while they last.
type Moment struct {
	At   time.Time     // in ms
	Span time.Duration // since the one before, or since the run began, in us

	// Within Span.
	Requests, Retries, Throttled, Hedges int64
	PromptTokens, CompletionTokens       int64         // as far as known
	Cost                                 int64         // in billionths of a US dollar, as far as known
	Processor                            time.Duration // used by the process, all cores together, in us

	// At At.
	InFlight, Waiting int64
	Cap               int64 // on calls in flight; 0: none
	RequestLimit      int64 // in thousandths a minute; 0: none known
	TokenLimit        int64 // likewise
	MoneyLimit        int64 // in billionths of a US dollar an hour; 0: none
	FoundOut          bool  // RequestLimit was found out by refusals

	// Older versions did not note these.
	Adapts        bool // Cap was not given, but adapts
	RequestsGiven bool // RequestLimit was given, in part at least
	TokensGiven   bool // likewise TokenLimit

	// Limited is for how long what held the run back, within Span, in the
	// caller's numbering, up to 255. Together they are Span. Zeros at its end
	// are not kept.
	Limited []time.Duration
}

// maxLimited bounds the numbering of Moment.Limited.
const maxLimited = 256

// Note records a moment. It does not wait: the record goes with the next write,
// which comes within Options.SyncEvery unless that is negative. One of the last
// moments may be lost with the process. It fails with CodeUsage for a moment
// without a time, or with more than 256 causes.
func (j *Journal) Note(m Moment) error {
	if millis(m.At) <= 0 || len(m.Limited) > maxLimited {
		return usage("a moment at %v with %d causes", m.At, len(m.Limited))
	}
	err := j.tail.later(func(b []byte) []byte { return appendMoment(b, &m) })
	if !j.queue.armed.Load() {
		j.queue.poke()
	}
	return err
}

// The flags of a moment.
const (
	foundOutBit byte = 1 << iota
	adaptsBit
	requestsGivenBit
	tokensGivenBit
)

// flags packs what is true of the moment.
func (m *Moment) flags() (b byte) {
	for i, is := range []bool{m.FoundOut, m.Adapts, m.RequestsGiven, m.TokensGiven} {
		if is {
			b |= 1 << i
		}
	}
	return b
}

func (m *Moment) setFlags(b byte) {
	m.FoundOut, m.Adapts = b&foundOutBit != 0, b&adaptsBit != 0
	m.RequestsGiven, m.TokensGiven = b&requestsGivenBit != 0, b&tokensGivenBit != 0
}

// counts are the fields between a moment's times and its flags.
func (m *Moment) counts() [12]*int64 {
	return [...]*int64{&m.Requests, &m.Retries, &m.Throttled, &m.Hedges, &m.PromptTokens, &m.CompletionTokens,
		&m.Cost, &m.InFlight, &m.Waiting, &m.Cap, &m.RequestLimit, &m.TokenLimit}
}

func appendMoment(dst []byte, m *Moment) []byte {
	start := len(dst)
	dst = append(dst, byte(kindMoment), 0)
	dst = appendCount(dst, millis(m.At))
	dst = appendCount(dst, m.Span.Microseconds())
	dst = appendCount(dst, m.Processor.Microseconds())
	for _, n := range m.counts() {
		dst = appendCount(dst, *n)
	}
	dst = appendCount(dst, m.MoneyLimit)
	dst = appendLimited(append(dst, m.flags()), m.Limited)
	return sealRecord(dst, start)
}

// appendLimited appends how many causes there were, and each with its time.
func appendLimited(dst []byte, limited []time.Duration) []byte {
	n := uint64(0)
	for _, d := range limited {
		if d.Microseconds() > 0 {
			n++
		}
	}
	dst = binary.AppendUvarint(dst, n)
	for which, d := range limited {
		if us := d.Microseconds(); us > 0 {
			dst = appendCount(append(dst, byte(which)), us)
		}
	}
	return dst
}

// parse reads a moment, and uses what m.Limited has room for again.
func (m *Moment) parse(payload []byte) bool {
	f := fields{b: payload}
	limited := m.Limited[:0]
	*m = Moment{At: f.time(), Span: f.micros(), Processor: f.micros()}
	for _, n := range m.counts() {
		*n = f.count()
	}
	m.MoneyLimit = f.count()
	m.setFlags(f.byte())
	m.Limited = f.limited(limited)
	return !f.bad
}

// limited reads the causes and their times, which stand in rising order.
func (f *fields) limited(to []time.Duration) []time.Duration {
	for n := f.uvarint(); n > 0 && !f.bad; n-- {
		which := int(f.byte())
		if which < len(to) {
			f.fail()
			break
		}
		to = slices.Grow(to, which+1-len(to))
		for len(to) < which {
			to = append(to, 0)
		}
		to = append(to, f.micros())
	}
	return to
}
