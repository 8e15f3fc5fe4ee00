package journal

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Used is what one request used: what is not known is Unknown.
type Used struct {
	PromptTokens     int64
	CompletionTokens int64
	Cost             int64 // in billionths of a US dollar
}

// Spent is what some requests used. The sums are of what is known; how many
// requests they are without stands beside.
type Spent struct {
	Requests         int64
	PromptTokens     int64
	CompletionTokens int64
	Cost             int64 // in billionths of a US dollar
	Unmetered        int64 // of Requests, those whose tokens are not known
	Unpriced         int64 // of Requests, those whose cost is not known
}

// Add counts one request.
func (s *Spent) Add(u Used) {
	s.Requests++
	s.PromptTokens += max(u.PromptTokens, 0)
	s.CompletionTokens += max(u.CompletionTokens, 0)
	s.Cost += max(u.Cost, 0)
	if u.PromptTokens < 0 || u.CompletionTokens < 0 {
		s.Unmetered++
	}
	if u.Cost < 0 {
		s.Unpriced++
	}
}

func (s *Spent) fields() []*int64 {
	return []*int64{&s.Requests, &s.PromptTokens, &s.CompletionTokens, &s.Cost, &s.Unmetered, &s.Unpriced}
}

// merge adds o, sign times.
func (s *Spent) merge(o Spent, sign int64) {
	to, from := s.fields(), o.fields()
	for i := range to {
		*to[i] += sign * *from[i]
	}
}

// Account says where the requests went whose end is known, over all sessions:
// Answered.Requests and those of Wasted add up to Totals.Requests. Calls that
// were lost in flight are Totals.Lost.
type Account struct {
	// Answered are the requests that brought the rows with status Done.
	Answered Spent
	// Wasted are the others, by the code of their attempt or of the row that
	// they brought; 0 where a journal that was made anew from its rows does not
	// tell.
	Wasted map[uint8]Spent
}

// of returns what a request that ended so counts in, changed by f.
func (a *Account) change(answered bool, code uint8, f func(*Spent)) {
	if answered {
		f(&a.Answered)
		return
	}
	if a.Wasted == nil {
		a.Wasted = map[uint8]Spent{}
	}
	s := a.Wasted[code]
	if f(&s); s == (Spent{}) {
		delete(a.Wasted, code)
		return
	}
	a.Wasted[code] = s
}

// row counts the request that brought a row, and those before it of which
// nothing else is known. noted are those that stand as attempts.
func (a *Account) row(e *Entry, noted int64) {
	brought := int64(0)
	if e.Brings() {
		brought = 1
		a.change(e.Status == Done, e.Code, func(s *Spent) { s.Add(e.Brought) })
	}
	if e.carried {
		return
	}
	if n := e.Requests - noted - brought; n > 0 {
		a.change(false, 0, func(s *Spent) { s.Merge(Spent{Requests: n, Unmetered: n, Unpriced: n}) })
	}
}

// leave takes out what a row that stays accounts for.
func (a *Account) leave(e *Entry) {
	if !e.Brings() {
		return
	}
	var own Spent
	own.Add(e.Brought)
	a.change(e.Status == Done, e.Code, func(s *Spent) { s.merge(own, -1) })
}

// Brings reports whether a request brought the row that stands in no attempt: its
// trip is then told by the entry alone, else by the attempts too, if at all.
func (e *Entry) Brings() bool { return e.Requests > 0 && !e.AllNoted }

// own is what an entry's request used if it was the only one.
func (e *Entry) own() Used { return Used{e.PromptTokens, e.CompletionTokens, e.Cost} }

// guess fills in what brought the row where nothing tells: the last of its
// requests, if there was one.
func (e *Entry) guess() {
	e.guessed = true
	e.Brought = e.own()
	if e.Requests > 1 {
		e.Brought = Used{Unknown, Unknown, Unknown}
	}
}

// The byte behind an entry's cost says what brought its row.
const (
	broughtNone  byte = 0 // all its requests stand as attempts, or there was none
	broughtSame  byte = 1 // one request, which used what stands in the entry
	broughtOther byte = 2 // one request; what it used follows
	broughtMask  byte = 0x0F
	carriedBit   byte = 0x10 // the other requests stand in an account record
)

func appendBrought(dst []byte, e *Entry) []byte {
	mark := broughtNone
	switch {
	case !e.Brings():
	case e.Brought == e.own():
		mark = broughtSame
	default:
		mark = broughtOther
	}
	flags := mark
	if e.carried {
		flags |= carriedBit
	}
	dst = append(dst, flags)
	if mark == broughtOther {
		dst = appendKnown(dst, e.Brought.PromptTokens)
		dst = appendKnown(dst, e.Brought.CompletionTokens)
		dst = appendKnown(dst, e.Brought.Cost)
	}
	return dst
}

// parseBrought reads what appendBrought wrote. An older entry ends before it.
func (f *fields) parseBrought(e *Entry) {
	if len(f.b) == 0 && !f.bad {
		e.guess()
		return
	}
	flags := f.byte()
	e.carried = flags&carriedBit != 0
	switch flags & broughtMask {
	case broughtNone:
		e.AllNoted = e.Requests > 0
	case broughtSame:
		e.Brought = e.own()
	case broughtOther:
		e.Brought = Used{f.known(), f.known(), f.known()}
	}
}

// accountFlag marks the account record of the answered requests; others are by
// their code.
const accountAnswered, accountWasted byte = 0, 1

func appendAccount(dst []byte, a Account) []byte {
	dst = appendSpent(dst, accountAnswered, 0, a.Answered)
	for _, code := range slices.Sorted(maps.Keys(a.Wasted)) {
		dst = appendSpent(dst, accountWasted, code, a.Wasted[code])
	}
	return dst
}

func appendSpent(dst []byte, which, code uint8, s Spent) []byte {
	if s == (Spent{}) {
		return dst
	}
	return appendRecord(dst, kindAccount, func(b []byte) []byte {
		b = append(b, which, code)
		for _, n := range s.fields() {
			b = binary.AppendUvarint(b, uint64(max(*n, 0)))
		}
		return b
	})
}

// account reads an account record.
func (a *Account) read(payload []byte) bool {
	f := fields{b: payload}
	which, code := f.byte(), f.byte()
	var s Spent
	for _, n := range s.fields() {
		*n = f.count()
	}
	if f.bad || which > accountWasted {
		return false
	}
	a.change(which == accountAnswered, code, func(to *Spent) { to.merge(s, 1) })
	return true
}

// clone returns an account that shares nothing with a.
func (a *Account) clone() Account { return Account{a.Answered, maps.Clone(a.Wasted)} }

// Answer counts a request that brought an accepted row.
func (a *Account) Answer(u Used) { a.change(true, 0, func(s *Spent) { s.Add(u) }) }

// Waste counts a request that did not, by why.
func (a *Account) Waste(code uint8, u Used) { a.change(false, code, func(s *Spent) { s.Add(u) }) }

// Add counts what o does, too.
func (a *Account) Add(o Account) {
	a.Answered.merge(o.Answered, 1)
	for code, s := range o.Wasted {
		a.change(false, code, func(to *Spent) { to.merge(s, 1) })
	}
}

// Requests is how many requests are accounted for.
func (a *Account) Requests() int64 {
	n := a.Answered.Requests
	for _, s := range a.Wasted {
		n += s.Requests
	}
	return n
}

// Merge counts what o does, too.
func (s *Spent) Merge(o Spent) { s.merge(o, 1) }
