package journal

// Bounds is what a run may have spent, over all its sessions, where nobody knows
// what it really was: requests that may be billed and whose usage was not told,
// and calls that were lost in flight. A budget has to count it beside [Totals]:
// of money Totals.Cost, Totals.LostCost and Cost, of tokens those of Totals and
// Tokens.
type Bounds struct {
	Requests int64 // of Totals.Unpriced, those whose cost is in Cost
	Cost     int64 // of these at most, in billionths of a US dollar
	Tokens   int64 // of requests whose tokens are not known, lost ones included, at most
	Unbound  int64 // of these requests, those of whose tokens there is no bound either
}

func (b *Bounds) fields() []*int64 { return []*int64{&b.Requests, &b.Cost, &b.Tokens, &b.Unbound} }

// cost counts a request whose cost is not known, for which so much was reserved.
func (b *Bounds) cost(reserved int64) {
	b.Requests++
	b.Cost += reserved
}

// tokens counts requests whose tokens are not known, most each; 0: not known.
func (b *Bounds) tokens(requests, most int64) {
	if most == 0 {
		b.Unbound += requests
	}
	b.Tokens += requests * most
}

// Spent returns what the run has spent over all its sessions, at most. A cost or
// tokens of which there is not even a bound make it Unknown.
func (r *Recovery) Spent() (requests, tokens, cost int64) {
	t, b := &r.Totals, &r.Bounds
	requests, tokens, cost = t.Requests+t.Lost, t.PromptTokens+t.CompletionTokens+b.Tokens, t.Cost+t.LostCost+b.Cost
	if b.Unbound > 0 {
		tokens = Unknown
	}
	if t.Unpriced+t.LostUnpriced > b.Requests {
		cost = Unknown
	}
	return requests, tokens, cost
}

// attempt counts what a has not told. o is its item's.
func (b *Bounds) attempt(a *Attempt, o *open) {
	if a.Cost < 0 && a.Reserved >= 0 {
		b.cost(a.Reserved)
		o.bounded++
	}
	if a.PromptTokens < 0 || a.CompletionTokens < 0 {
		b.tokens(1, o.most)
	}
}

// entry counts what e has not told, of an item whose session noted the calls in
// o. Where there are none (nothing was sent, or the row was copied by a rewrite)
// there is nothing to count.
//
// The attempts before it are none of Totals.Unpriced any more: the row stands for
// them. What they cost at most stays, and what they told, where the row does not
// tell it, is added.
func (b *Bounds) entry(e *Entry, o *open) {
	if o == nil {
		return
	}
	b.Requests -= o.bounded
	if e.Cost < 0 && o.unpriced == 0 && o.spent.Unpriced == o.bounded {
		b.cost(max(o.cost, 0) + o.spent.Cost)
	}
	if o.calls > 0 && e.unmetered() {
		b.tokens(1, o.most)
	}
}

// unmetered reports whether the request that brought the row did not tell its
// tokens. An older entry says it of all its requests alone.
func (e *Entry) unmetered() bool {
	u := e.own()
	if e.Brings() && !e.guessed {
		u = e.Brought
	}
	return u.PromptTokens < 0 || u.CompletionTokens < 0
}

// found takes out the lost calls of o, whose intents are written anew.
func (b *Bounds) found(o *open) {
	b.Tokens -= o.tokens
	b.Unbound -= o.unbound
}

// tokensOf spreads the tokens of lost calls over them, so that their sum does
// not shrink.
func (o *open) tokensOf(call int64) int64 {
	if call < o.unbound {
		return Unknown
	}
	n := o.calls - o.unbound
	return (o.tokens + n - 1) / n
}

func (b *Bounds) add(o Bounds) {
	to, from := b.fields(), o.fields()
	for i := range to {
		*to[i] += *from[i]
	}
}

func appendBounds(dst []byte, b Bounds) []byte {
	if b == (Bounds{}) {
		return dst
	}
	return appendCounts(dst, kindBounds, b.fields())
}

func parseBounds(payload []byte) (b Bounds, ok bool) {
	ok = parseCounts(payload, b.fields())
	return b, ok
}
