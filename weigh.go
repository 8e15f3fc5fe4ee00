package paceline

import (
	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/journal"
)

// microDollars is how many units of flow's limits on money a dollar has.
const microDollars = 1e6

// weigh puts onto c's ticket what it is expected to use, for the limits, and
// notes what it may use at most, for budgets and the journal. It returns why it
// may not be sent: a cost that is to be limited is not known.
func (d *dispatcher) weigh(c *call) *Error {
	e := d.estimator(c.model)
	c.ticket.Model = d.admission.Model(c.model)
	c.estimator = e
	if !d.expect(c) {
		return errUnpriced(c.model, "a limit on money (Limits.Money)")
	}
	if c.run == nil || c.run.purse == nil && c.run.job.Journal == nil {
		return nil
	}
	c.most = c.question.most(e, d.engine.cfg.Price)
	if p := c.run.purse; p != nil && p.limit.usd > 0 && c.most.usd == journal.Unknown {
		return errUnpriced(c.model, "a budget of money")
	}
	return nil
}

// expect puts onto c's ticket what it is expected to use, as far as is known by
// now, and reports whether that has a price where it needs one. Where the server
// keeps reserved all that an answer may have, a call is taken to use that.
func (d *dispatcher) expect(c *call) (priced bool) {
	t, e := &c.ticket, c.estimator
	c.learnt = e.Seen()
	limit := c.outputLimit()
	t.In, t.Out = e.Input(c.size), e.Output(limit)
	if c.inFull = d.admission.Reserves(t.Model); c.inFull {
		t.Out = max(t.Out, float64(limit))
	}
	t.Money = 0
	if !d.money.of(c.model) {
		return true
	}
	cost := d.engine.cost(c.model, t.In, t.Out)
	t.Money = cost.USD * microDollars
	return cost.Known
}

// reweigh expects anew what a call uses whose turn has come: those that were read
// ahead were weighed by the first guess, and of a price that is not known any more
// the last one holds.
func (d *dispatcher) reweigh(t *flow.Ticket) {
	c := t.Owner.(*call)
	if c.estimator.Seen() == c.learnt && c.inFull == d.admission.Reserves(t.Model) {
		return
	}
	if was := t.Money; !d.expect(c) {
		t.Money = was
	}
}

// most returns what a request may use at most, as far as e has learnt. price is
// that of [Config].
func (q *question) most(e *flow.Estimator, price func(string, Usage) Cost) spend {
	in, out := e.InputMost(q.size), q.outputMost(e)
	return spend{usd: nanos(costOf(price, q.model, in, out)), tokens: whole(in + out), requests: 1}
}

// outputLimit returns how many tokens the answer may have by what the request says,
// in all its choices; 0: there is no limit.
func (q *question) outputLimit() int64 { return whole(float64(q.maxTokens) * float64(q.choices)) }

// outputMost returns how many tokens the answer may have in all its choices.
func (q *question) outputMost(e *flow.Estimator) float64 {
	if q.req.Path == embeddings {
		return 0
	}
	return e.OutputMost(q.maxTokens) * float64(q.choices)
}

// whole cuts off x's fraction, and what is beyond all tokens and money that there
// are: a request may ask for any number of tokens.
func whole(x float64) int64 { return int64(min(x, 1<<53)) }

// embeddings is the path of calls whose answers are no tokens.
const embeddings = "/embeddings"

// cost is what a usage of a model costs: see [costOf].
func (e *Engine) cost(model string, in, out float64) Cost {
	return costOf(e.cfg.Price, model, in, out)
}

// costOf is what a usage of a model costs, rounded up to whole tokens. A panic in
// price, which is Config.Price, is taken for a price that is not known: this is
// the dispatcher's goroutine, and no single call's. A runtime.Goexit, which nobody can
// stop, is the process's end, since all calls would wait for ever.
func costOf(price func(string, Usage) Cost, model string, in, out float64) (c Cost) {
	if price == nil {
		return Cost{}
	}
	returned := false
	defer func() {
		if recover() != nil {
			c = Cost{}
		} else if !returned {
			panic("paceline: Config.Price ended the engine's goroutine (runtime.Goexit), which nothing can go on without")
		}
	}()
	c = price(model, Usage{Prompt: whole(in + 1), Completion: whole(out + 1), Known: true}).sane()
	returned = true
	return c
}
