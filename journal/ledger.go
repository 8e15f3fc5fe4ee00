package journal

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Totals is what a run came to over all its sessions. Costs are in billionths
// of a US dollar.
type Totals struct {
	Requests         int64 // whose end is known
	PromptTokens     int64 // as far as known
	CompletionTokens int64 // as far as known
	Cost             int64 // as far as known
	Unpriced         int64 // rows and attempts whose cost is not known

	// Calls that were in flight when a session died. Whether they were
	// answered, and billed, nobody knows.
	Lost         int64
	LostCost     int64 // at most; as far as known
	LostUnpriced int64 // of Lost, those whose cost is not known
}

func (t *Totals) add(u Totals) {
	t.Requests += u.Requests
	t.PromptTokens += u.PromptTokens
	t.CompletionTokens += u.CompletionTokens
	t.Cost += u.Cost
	t.Unpriced += u.Unpriced
	t.Lost += u.Lost
	t.LostCost += u.LostCost
	t.LostUnpriced += u.LostUnpriced
}

func (t *Totals) spend(requests, prompt, completion, cost int64) {
	t.Requests += requests
	t.PromptTokens += max(prompt, 0)
	t.CompletionTokens += max(completion, 0)
	t.Cost += max(cost, 0)
	if cost < 0 {
		t.Unpriced++
	}
}

func (t *Totals) fields() []*int64 {
	return []*int64{&t.Requests, &t.PromptTokens, &t.CompletionTokens, &t.Cost,
		&t.Unpriced, &t.Lost, &t.LostCost, &t.LostUnpriced}
}

func appendCarry(dst []byte, t Totals) []byte {
	return appendCounts(dst, kindCarry, t.fields())
}

func parseCarry(payload []byte) (t Totals, ok bool) {
	ok = parseCounts(payload, t.fields())
	return t, ok
}

// InFlight is an item without a row, of which calls were in flight when the
// process ended. Sending it again may pay for it again.
type InFlight struct {
	Index int64
	Calls int64
	Cost  int64 // of these calls at most, in billionths of a US dollar; Unknown if one is
}

// open is what an item without a row has behind it in one session.
type open struct {
	calls    int64 // sent, with no known end
	cost     int64 // of these at most, as far as known
	unpriced int64 // of calls, those whose cost is not known
	most     int64 // tokens that one of them uses at most; 0: not known
	spent    Totals
	bounded  int64 // of spent.Unpriced, those whose cost is in Bounds

	// Of lost calls: their tokens at most, and how many have no such bound.
	tokens, unbound int64
}

// ledger adds up a journal, record by record.
type ledger struct {
	totals  Totals
	account Account
	bounds  Bounds
	rows    [statuses]int64
	open    map[int64]*open // of the session being read
	lost    map[int64]*open // of earlier ones
	last    []InFlight      // what the latest one that sent anything left; in any order
	sent    bool            // the one being read sent something
	free    []*open         // to be used again: most items are open for a while
	settled map[int64]bool  // items of which an older version noted each request's end
}

func newLedger() *ledger {
	return &ledger{open: map[int64]*open{}, lost: map[int64]*open{}}
}

// of returns what m has of an item, made if need be.
func (l *ledger) of(m map[int64]*open, index int64) *open {
	o := m[index]
	if o != nil {
		return o
	}
	if n := len(l.free); n > 0 {
		o, l.free = l.free[n-1], l.free[:n-1]
	} else {
		o = new(open)
	}
	m[index] = o
	return o
}

// drop takes o, which m has of an item, out of it.
func (l *ledger) drop(m map[int64]*open, index int64, o *open) {
	*o = open{}
	l.free = append(l.free, o)
	delete(m, index)
}

func (l *ledger) intent(in intent) {
	o := l.of(l.open, in.index)
	l.sent = true
	o.calls++
	o.most = max(o.most, in.tokens)
	o.reserve(in.cost, 1)
}

func (o *open) reserve(cost, sign int64) {
	if cost < 0 {
		o.unpriced += sign
	} else {
		o.cost += sign * cost
	}
}

// attempt settles one call. An item that has its row by now counts there.
func (l *ledger) attempt(a Attempt) {
	o := l.open[a.Index]
	if o == nil || o.calls == 0 {
		return
	}
	o.calls--
	o.reserve(a.Reserved, -1)
	o.spent.spend(1, a.PromptTokens, a.CompletionTokens, a.Cost)
	l.bounds.attempt(&a, o)
	l.account.change(false, a.Code, func(s *Spent) { s.Add(Used{a.PromptTokens, a.CompletionTokens, a.Cost}) })
}

// entry counts a row, which stands for all that its session did for the item.
func (l *ledger) entry(e *Entry) {
	l.rows[e.Status]++
	l.totals.spend(e.Requests, e.PromptTokens, e.CompletionTokens, e.Cost)
	noted, o := int64(0), l.open[e.Index]
	l.bounds.entry(e, o)
	if o != nil {
		noted = o.spent.Requests
		l.drop(l.open, e.Index, o)
	}
	if e.guessed && e.Requests > 0 && noted >= e.Requests {
		l.settle(e.Index)
	}
	l.complete(e)
	l.account.row(e, noted)
	if len(l.lost) > 0 {
		if o := l.lost[e.Index]; o != nil {
			l.drop(l.lost, e.Index, o)
		}
	}
}

// settle notes that all requests of an item stand as attempts, though the entry
// of its row, which an older version wrote, does not say so.
func (l *ledger) settle(index int64) {
	if l.settled == nil {
		l.settled = map[int64]bool{}
	}
	l.settled[index] = true
}

// complete adds to an older entry what the records before it tell.
func (l *ledger) complete(e *Entry) { e.AllNoted = e.AllNoted || l.settled[e.Index] }

// endSession counts what the session left without a row.
func (l *ledger) endSession() {
	if l.sent {
		l.last, l.sent = l.last[:0], false
	}
	for index, o := range l.open {
		l.totals.add(o.spent)
		if o.calls > 0 {
			l.last = append(l.last, o.inFlight(index))
			lost := l.of(l.lost, index)
			lost.calls += o.calls
			lost.cost += max(o.cost, 0)
			lost.unpriced += max(o.unpriced, 0)
			l.lose(lost, o)
			l.totals.add(Totals{Lost: o.calls, LostCost: max(o.cost, 0), LostUnpriced: max(o.unpriced, 0)})
		}
	}
	clear(l.open)
}

// lose bounds the tokens of o's calls, which go to lost.
func (l *ledger) lose(lost, o *open) {
	l.bounds.tokens(o.calls, o.most)
	lost.tokens += o.calls * o.most
	if o.most == 0 {
		lost.unbound += o.calls
	}
}

// inFlight returns the items whose calls are lost, by index.
func (l *ledger) inFlight() []InFlight {
	var list []InFlight
	for _, index := range slices.Sorted(maps.Keys(l.lost)) {
		list = append(list, l.lost[index].inFlight(index))
	}
	return list
}

// inFlight tells of o's calls, which are of the item with that index.
func (o *open) inFlight(index int64) InFlight {
	if o.unpriced > 0 {
		return InFlight{Index: index, Calls: o.calls, Cost: Unknown}
	}
	return InFlight{Index: index, Calls: o.calls, Cost: max(o.cost, 0)}
}

// latest returns what inFlight does of the latest session that sent anything.
func (l *ledger) latest() []InFlight {
	list := slices.DeleteFunc(slices.Clone(l.last), func(in InFlight) bool { return l.lost[in.Index] == nil })
	slices.SortFunc(list, func(a, b InFlight) int { return cmp.Compare(a.Index, b.Index) })
	return list
}

// Recovery is what a journal held when it was opened.
type Recovery struct {
	Created  bool   // the journal is new
	Identity []byte // of the run, as it was stored last

	Done      int64 // items with a row, by status
	Failed    int64
	Invalid   int64
	Truncated int64
	Filtered  int64
	Refused   int64

	Totals   Totals
	Bounds   Bounds
	Account  Account
	InFlight []InFlight // by index
	Latest   []InFlight // of these, the calls of the latest session that sent any; by index

	Began  time.Time // of the first session, in ms; zero: an older version has rewritten it away
	Closed bool      // the last session closed it: nothing came after

	RowBytesCut     int64 // uncommitted bytes cut off the output
	JournalBytesCut int64 // a torn tail cut off the journal
}

// Rows returns how many items have a row.
func (r *Recovery) Rows() int64 {
	return r.Done + r.Failed + r.Invalid + r.Truncated + r.Filtered + r.Refused
}

// Calls returns how many calls were in flight when the process ended, and what
// they cost at most, Unknown if the cost of one is not known.
func (r *Recovery) Calls() (calls, cost int64) {
	for _, in := range r.InFlight {
		calls += in.Calls
		if in.Cost < 0 || cost < 0 {
			cost = Unknown
		} else {
			cost += in.Cost
		}
	}
	return calls, cost
}
