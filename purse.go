package paceline

import (
	"cmp"
	"container/heap"
	"fmt"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// A purse holds a run's budget. What a call may use at most is taken from it
// before the call goes to admission; a call for which it has not enough waits
// here until calls under way end and give back what they did not use. The
// dispatcher owns it. A nil purse holds all that anybody wants.
type purse struct {
	limit   spend
	spent   spend
	held    spend // for calls in admission and in flight
	holders int
	waiting wants
	number  uint64 // of calls that came to wait
	over    bool   // the budget is used up: the run ends
}

func newPurse(limit, spent spend) *purse {
	if limit == (spend{}) {
		return nil
	}
	return &purse{limit: limit, spent: spent}
}

// with returns what would be spent and set aside with one more hold.
func (p *purse) with(hold spend) spend {
	sum := p.spent
	sum.add(p.held, 1)
	sum.add(hold, 1)
	return sum
}

// take sets hold aside if there is enough for it, and reports whether there is.
func (p *purse) take(hold spend) bool {
	if p == nil {
		return true
	}
	if p.over || p.with(hold).over(p.limit) != "" {
		return false
	}
	p.held.add(hold, 1)
	p.holders++
	return true
}

// settle gives back what was held, and counts what was spent of it.
func (p *purse) settle(hold, spent spend) {
	if p == nil {
		return
	}
	p.held.add(hold, -1)
	p.holders--
	p.spent.add(spent, 1)
}

// state returns how it stands.
func (p *purse) state() BudgetState {
	if p == nil {
		return BudgetState{}
	}
	return BudgetState{Limit: p.limit.budget(), Spent: p.spent.budget(), Reserved: p.held.budget()}
}

// failure says that hold is more than what is left.
func (p *purse) failure(hold spend) *Error {
	kind := p.with(hold).over(p.limit)
	message := fmt.Sprintf("%s of %s spent, and the next call may take %s", p.spent.amount(kind), p.limit.amount(kind), hold.amount(kind))
	switch {
	case p.spent == (spend{}):
		message = fmt.Sprintf("the budget of %s is below what one call may take: %s", p.limit.amount(kind), hold.amount(kind))
	case kind == "requests":
		message = fmt.Sprintf("%d of %s sent", p.spent.requests, p.limit.amount(kind))
	}
	return &Error{Code: CodeBudget, Message: message}
}

// afford takes what c may use from its run's purse, or has it wait there. It
// reports whether c may go on to admission.
func (d *dispatcher) afford(c *call) bool {
	p := c.purse()
	if p == nil {
		return true
	}
	p.number++
	heap.Push(&p.waiting, want{c, p.number})
	d.needy[p] = true
	d.grant(p)
	return false
}

// purse returns the purse of the call's run, nil if there is none.
func (c *call) purse() *purse {
	if c.run == nil {
		return nil
	}
	return c.run.purse
}

// overdrawn reports whether more was spent than had been set aside, so that what
// is held for those that have not started is not there any more.
func (p *purse) overdrawn() bool { return p != nil && p.with(spend{}).over(p.limit) != "" }

// sendBack has a call wait for its purse again that admission lets start at now.
func (d *dispatcher) sendBack(c *call, now flow.Instant) {
	d.admission.Done(now, &c.ticket, flow.Outcome{Kind: flow.Unsent})
	c.purse().settle(c.most, spend{})
	d.afford(c)
}

// grant sends on the calls that wait for p and for which there is enough. If the
// first of them can get no more by waiting, the run ends.
func (d *dispatcher) grant(p *purse) {
	if p == nil {
		return
	}
	if len(p.waiting) > 0 && (d.draining || p.waiting[0].call.run.stopping()) {
		p.over = true
	}
	for len(p.waiting) > 0 && d.takes(p, p.waiting[0].call) {
		c := heap.Pop(&p.waiting).(want).call
		d.admission.Add(d.now, &c.ticket)
	}
	if len(p.waiting) > 0 && p.holders == 0 && !p.over {
		p.over = true
		c := heap.Pop(&p.waiting).(want).call
		c.err, c.over = p.failure(c.most), true
		c.waits.admitted(nil)
	}
	if p.over {
		d.dismiss(p, func(*call) bool { return true })
	}
	if len(p.waiting) == 0 {
		delete(d.needy, p)
	}
}

// takes sets aside what c may use if there is enough for it. Since it came, more
// may be known of how much that is.
func (d *dispatcher) takes(p *purse, c *call) bool {
	if p.take(c.most) {
		return true
	}
	return d.weigh(c) == nil && p.take(c.most)
}

// needing returns how many calls wait for their run's budget.
func (d *dispatcher) needing() (n int) {
	for p := range d.needy {
		n += len(p.waiting)
	}
	return n
}

// dismiss tells the calls that wait for p and match that they get no attempt.
func (d *dispatcher) dismiss(p *purse, match func(*call) bool) {
	all := p.waiting
	p.waiting = nil
	for _, w := range all {
		if match(w.call) {
			w.call.waits.admitted(nil)
		} else {
			heap.Push(&p.waiting, w)
		}
	}
}

// A want is a call that waits for a purse.
type want struct {
	call   *call
	number uint64
}

// wants is a heap of those that wait: by priority, those under way already
// before fresh ones, by arrival.
type wants []want

func (w wants) Len() int { return len(w) }
func (w wants) Less(i, j int) bool {
	x, y := w[i].call, w[j].call
	return cmp.Or(
		cmp.Compare(y.ticket.Priority, x.ticket.Priority),
		cmp.Compare(fresh(x), fresh(y)),
		cmp.Compare(w[i].number, w[j].number),
	) < 0
}
func (w wants) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w *wants) Push(x any)   { *w = append(*w, x.(want)) }
func (w *wants) Pop() any {
	last := len(*w) - 1
	first := (*w)[last]
	(*w)[last] = want{}
	*w = (*w)[:last]
	return first
}

// fresh is 1 for a call of which nothing was sent yet, else 0.
func fresh(c *call) int {
	if c.ticket.Again {
		return 0
	}
	return 1
}
