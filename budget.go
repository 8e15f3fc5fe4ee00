package paceline

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/journal"
)

// A Budget is what a run may use up, over all sessions of its journal: those
// before count as the journal held them when it was opened. Zero fields do not
// limit.
//
// It is never exceeded, whatever is in flight: before each request, retries,
// hedges and repeated questions included, what it may use at most is set aside,
// and only when that is there does it start. Its tokens are taken to be at most
// one for each byte of the request (once 20 calls of the model have ended, one
// and a half times as many for each byte as any prompt so far had), and for the
// answer its limit (max_tokens and the like), for each of n choices. Where a
// request has no such limit, nobody knows the most: then 4,096 tokens are set
// aside, after 20 answers twice the longest so far, and a longer answer can
// exceed the budget. Nor does anybody know beforehand which request a provider
// repeats ([DeltaRepeat]), because the first was refused for something that it had
// added: it counts when it has ended, and requests can exceed theirs by those in
// flight at that time. Once the usage is told it counts instead; a request that
// may be billed and did not tell counts as what was set aside, and so do calls
// that a killed process had in flight.
//
// When the next call does not fit and nothing is in flight whose end would make
// room, the run ends with [CodeBudget], resumable.
type Budget struct {
	USD      float64 // US dollars; needs Config.Price, and models whose price is known
	Tokens   int64   // input and output together
	Requests int64   // requests sent, whatever came of them
}

// Fits returns why a run with the budget could not send req, not even as its
// first call: it may take more than there is. The error names the amounts; nil:
// req fits, or its cost is not known. price is that of [Config].
func (b Budget) Fits(req *Request, price func(model string, u Usage) Cost) error {
	p, q := purse{limit: b.spend()}, newQuestion(req)
	most := q.most(new(flow.Estimator), price)
	if p.with(most).over(p.limit) == "" {
		return nil
	}
	return errors.New(p.failure(most).Message)
}

// BudgetState is how a run stands by its [Budget].
type BudgetState struct {
	Limit    Budget // zero: the run has none
	Spent    Budget // what ended, in earlier sessions too, at most
	Reserved Budget // set aside for calls that wait to start or are in flight
}

func (b *Budget) validate(need func(ok bool, what string), priced bool) {
	need(b.USD >= 0 && b.USD < math.MaxInt64/nano, fmt.Sprintf("Budget.USD: is %g; must be above 0, or 0 for none", b.USD))
	need(b.Tokens >= 0, fmt.Sprintf("Budget.Tokens: is %d; must be 1 or more, or 0 for none", b.Tokens))
	need(b.Requests >= 0, fmt.Sprintf("Budget.Requests: is %d; must be 1 or more, or 0 for none", b.Requests))
	need(b.USD <= 0 || priced, "Budget.USD: needs Config.Price; a cost that is not known is never 0")
}

// nano is how many units of [spend] a dollar has.
const nano = 1e9

// spend is an amount of what budgets limit. In limits 0 stands for none.
type spend struct {
	usd      int64 // nano-dollars; as a bound, journal.Unknown where there is none
	tokens   int64
	requests int64
}

func (b Budget) spend() spend {
	usd := int64(b.USD * nano)
	if b.USD > 0 {
		usd = max(usd, 1) // 0 would be no limit
	}
	return spend{usd: usd, tokens: b.Tokens, requests: b.Requests}
}

func (s spend) budget() Budget {
	return Budget{USD: float64(s.usd) / nano, Tokens: s.tokens, Requests: s.requests}
}

func (s *spend) add(t spend, sign int64) {
	s.usd += sign * max(t.usd, 0)
	s.tokens += sign * t.tokens
	s.requests += sign * t.requests
}

// over names what s is of that exceeds limit, "" if nothing does.
func (s spend) over(limit spend) string {
	switch {
	case limit.usd > 0 && s.usd > limit.usd:
		return "money"
	case limit.tokens > 0 && s.tokens > limit.tokens:
		return "tokens"
	case limit.requests > 0 && s.requests > limit.requests:
		return "requests"
	}
	return ""
}

// amount is a kind of spending in words, with its unit.
func (s spend) amount(kind string) string {
	switch kind {
	case "money":
		return dollars(s.usd)
	case "tokens":
		return fmt.Sprintf("%d tokens", s.tokens)
	}
	return fmt.Sprintf("%d requests", s.requests)
}

// dollars returns nano-dollars as people write them: $5.00, $4.9763, $0.000123.
func dollars(nanos int64) string {
	text := fmt.Sprintf("%.4f", float64(nanos)/nano)
	if nanos < nano/100 {
		text = fmt.Sprintf("%.9f", float64(nanos)/nano)
	}
	text = strings.TrimRight(text, "0")
	for len(text)-strings.IndexByte(text, '.') < 3 {
		text += "0"
	}
	return "$" + text
}

// charge is what an attempt that ended so counts as. A request that the provider
// has repeated was refused before, and used nothing.
func (a *attempt) charge(end *ending) spend {
	billed := spend{usd: a.most.usd, tokens: a.most.tokens, requests: 1 + int64(end.repeats)}
	switch {
	case a.sent.Load() == 0:
		return spend{}
	case end.usage.Known:
		billed.tokens = end.usage.Prompt + end.usage.Completion
		if end.cost.Known {
			billed.usd = nanos(end.cost)
		}
	case end.err != nil && !end.err.MaybeBilled:
		return spend{requests: billed.requests}
	}
	return billed
}

// errUnpriced is the failure of a call whose cost is to be limited and is not
// known.
func errUnpriced(model, limit string) *Error {
	return &Error{Code: CodeBudget, Message: fmt.Sprintf("the price of model %q is not known, and %s cannot be kept without it", model, limit)}
}

// spentBefore returns what earlier sessions of a journal have spent, or why
// their part of a budget cannot be told.
func spentBefore(j *journal.Journal, limit spend) (spend, error) {
	if j == nil || limit == (spend{}) {
		return spend{}, nil
	}
	rec := j.Recovered()
	requests, tokens, usd := rec.Spent()
	if limit.usd > 0 && usd < 0 {
		return spend{}, errors.New("job: Budget.USD: what earlier sessions of this run have cost is not known, so that no budget of money can be kept")
	}
	if limit.tokens > 0 && tokens < 0 {
		return spend{}, errors.New("job: Budget.Tokens: how many tokens earlier sessions of this run have used is not known, so that no budget of tokens can be kept")
	}
	return spend{usd: max(usd, 0), tokens: max(tokens, 0), requests: requests}, nil
}
