package sim

import (
	"sync"
	"time"
)

// meter holds every key's budget. It is safe for concurrent use.
type meter struct {
	limits  Limits
	models  map[string]Limits
	mu      sync.Mutex
	budgets map[account]*budget
}

// account is whose limits a request counts against.
type account struct {
	key   string // "": all share them
	model string // "": all that have no limits of their own
}

// budget is what the limits leave to one key.
type budget struct {
	limits   Limits
	rules    []rule
	requests int // the rule that the request headers speak of, -1 if none
	tokens   int // likewise for tokens
}

type rule struct {
	window
	name     string // as OpenAI's messages have it
	kind     string // "requests" or "tokens"
	limit    int64
	isTokens bool
}

// grant is what a request was allowed, or why it was not.
type grant struct {
	budget    *budget
	at        time.Time
	reserved  int64
	refusedBy *rule // nil if allowed
	wait      time.Duration
	free      int64 // what the refusing rule had left
	asked     int64
	state     state
}

// state is what the rate-limit headers tell.
type state struct {
	requests, tokens gauge
	now              time.Time
}

type gauge struct {
	limit, left int64 // limit 0: there is none
	reset       time.Duration
}

func newMeter(l Limits, models map[string]Limits) *meter {
	return &meter{limits: l, models: models, budgets: map[account]*budget{}}
}

// account returns whose limits a request counts against, and what they are.
func (m *meter) account(key, model string) (account, Limits) {
	l, own := m.models[model]
	if !own {
		l, model = m.limits, ""
	}
	if l.Shared {
		key = ""
	}
	return account{key, model}, l
}

func (l Limits) none() bool { return l.RPM == 0 && l.RPS == 0 && l.TPM == 0 }

func newBudget(l Limits) *budget {
	b := &budget{limits: l, requests: -1, tokens: -1}
	if l.RPS > 0 {
		b.requests = b.add(l, rule{name: "requests per sec (RPS)", kind: "requests", limit: int64(l.RPS)}, time.Second)
	}
	if l.RPM > 0 {
		b.requests = b.add(l, rule{name: "requests per min (RPM)", kind: "requests", limit: int64(l.RPM)}, time.Minute)
	}
	if l.TPM > 0 {
		b.tokens = b.add(l, rule{name: "tokens per min (TPM)", kind: "tokens", limit: int64(l.TPM), isTokens: true}, time.Minute)
	}
	return b
}

func (b *budget) add(l Limits, r rule, period time.Duration) int {
	burst := int64(l.Burst)
	if r.isTokens {
		burst = 0
	}
	r.window = newWindow(l.Window, r.limit, burst, period)
	b.rules = append(b.rules, r)
	return len(b.rules) - 1
}

// take asks for one request of the given tokens: all limits allow it, or none
// is charged.
func (m *meter) take(key, model string, tokens int64) grant {
	whose, limits := m.account(key, model)
	if limits.none() {
		return grant{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.budgets[whose]
	if b == nil {
		b = newBudget(limits)
		m.budgets[whose] = b
	}
	g := grant{budget: b, at: time.Now(), reserved: tokens}
	g.check(b)
	if g.refusedBy == nil || limits.CountRefused {
		g.charge(b)
	}
	g.state = b.state(g.at)
	return g
}

// check finds the rule with the longest wait.
func (g *grant) check(b *budget) {
	for i := range b.rules {
		r := &b.rules[i]
		if w := r.wait(g.at, r.cost(g.reserved)); w > g.wait {
			g.wait, g.refusedBy, g.asked = w, r, r.cost(g.reserved)
			g.free, _ = r.left(g.at)
		}
	}
}

// charge counts the request; a refused one uses no tokens.
func (g *grant) charge(b *budget) {
	for i := range b.rules {
		if r := &b.rules[i]; g.refusedBy == nil || !r.isTokens {
			r.window.add(g.at, r.cost(g.reserved))
		}
	}
}

func (r *rule) cost(tokens int64) int64 {
	if r.isTokens {
		return tokens
	}
	return 1
}

// settle replaces an allowed request's reservation by what it really used.
func (m *meter) settle(g grant, used int64) {
	if g.budget == nil || g.budget.tokens < 0 || g.refusedBy != nil || g.budget.limits.KeepEstimate {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	g.budget.rules[g.budget.tokens].settle(time.Now(), g.at, used-g.reserved)
}

func (b *budget) state(now time.Time) state {
	return state{requests: b.gauge(b.requests, now), tokens: b.gauge(b.tokens, now), now: now}
}

func (b *budget) gauge(i int, now time.Time) gauge {
	if i < 0 {
		return gauge{}
	}
	left, reset := b.rules[i].left(now)
	return gauge{limit: b.rules[i].limit, left: left, reset: reset}
}
