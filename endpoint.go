package paceline

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// An Endpoint is one address with one key, and what it allows.
type Endpoint struct {
	Name string // for errors and statistics; "": its number, from 1
	// Provider sends. If it has a method Validate() error, that is asked first. If it
	// has a method CompactOf(Provider) Provider, what that returns for it makes its
	// attempts, in the same way but on smaller stacks: a provider that is a struct is
	// copied onto the stack of each attempt. It is given the provider itself so that
	// one that is embedded in another, and has its method called as that one's, can
	// tell, and return what it was given.
	Provider Provider
	Limits   Limits // of all of its calls together
	// Models are further limits on the calls of one model, by the model's name
	// as requests have it. Both hold. What the endpoint tells in headers counts
	// for the model of the call that it answers, and a call that it throttles
	// holds back those of its model. Of models without limits here 64 at most
	// are told apart in an engine's lifetime; further ones share what is learnt.
	Models map[string]Limits
	Weight float64 // its share of the calls in flight beside other endpoints; 0: 1
}

func validateEndpoints(endpoints []Endpoint) error {
	if len(endpoints) == 0 {
		return errors.New("endpoints: there is none")
	}
	var errs []error
	names := map[string]bool{}
	for i := range endpoints {
		ep := &endpoints[i]
		bad := func(field, format string, args ...any) {
			errs = append(errs, fmt.Errorf("endpoint %s: %s: %s", ep.name(i), field, fmt.Sprintf(format, args...)))
		}
		if names[ep.name(i)] {
			bad("Name", "is another one's; what has none is named by its number")
		}
		names[ep.name(i)] = true
		if f, ok := ep.Provider.(ProviderFunc); ep.Provider == nil || ok && f == nil {
			bad("Provider", "is missing")
		}
		if !(ep.Weight >= 0) {
			bad("Weight", "is %g; must be above 0, or 0 for 1", ep.Weight)
		}
		whose := "endpoint " + ep.name(i)
		if err := errors.Join(ep.Limits.check(whose, "Limits"), checkModels(whose, ep.Models)); err != nil {
			errs = append(errs, err)
		}
		if v, ok := ep.Provider.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				bad("Provider", "%v", err)
			}
		}
	}
	return errors.Join(errs...)
}

func (ep *Endpoint) name(i int) string {
	if ep.Name == "" {
		return fmt.Sprint(i + 1)
	}
	return ep.Name
}

// lanes returns the endpoints' limits as admission takes them.
func lanes(endpoints []Endpoint) []flow.Limits {
	var all []flow.Limits
	for i := range endpoints {
		l := endpoints[i].Limits.flow()
		l.Weight = endpoints[i].Weight
		l.Models = make(map[string]flow.Limits)
		for name, limits := range endpoints[i].Models {
			l.Models[name] = limits.flow()
		}
		all = append(all, l)
	}
	return all
}

func (l Limits) flow() flow.Limits {
	rate := func(r Rate) flow.Rate { return flow.Rate{N: r.N, Per: r.Per} }
	return flow.Limits{
		Requests: rate(l.Requests), Tokens: rate(l.Tokens),
		In: rate(l.InputTokens), Out: rate(l.OutputTokens),
		Money:    flow.Rate{N: l.Money.N * microDollars, Per: l.Money.Per},
		InFlight: l.InFlight, Burst: float64(l.Burst), Strict: l.Window == Strict,
	}
}

// endpoint is an Endpoint with what it has told.
type endpoint struct {
	Endpoint
	sends Provider    // makes the attempts, as Endpoint.Provider does
	told  []*tellings // by the model's number in admission; the dispatcher's
	tells atomic.Bool // its provider says when a request is on its way
}

func newEndpoint(ep Endpoint) *endpoint {
	e := &endpoint{Endpoint: ep, sends: ep.Provider}
	if c, ok := ep.Provider.(interface{ CompactOf(Provider) Provider }); ok {
		e.sends = c.CompactOf(ep.Provider)
	}
	return e
}

// tellings returns what the endpoint has told of a model.
func (ep *endpoint) tellings(model int) *tellings {
	for len(ep.told) <= model {
		ep.told = append(ep.told, new(tellings))
	}
	return ep.told[model]
}

// moneyLimits are the numbers of the endpoints that limit the money of a model's
// calls, by model; "" stands for all of them. Those calls need a price.
type moneyLimits map[string]map[int]bool

func newMoneyLimits(endpoints []Endpoint) moneyLimits {
	m := moneyLimits{}
	for i, ep := range endpoints {
		m.set(i, "", !ep.Limits.Money.IsZero())
		for name, l := range ep.Models {
			m.set(i, name, !l.Money.IsZero())
		}
	}
	return m
}

func (m moneyLimits) set(endpoint int, model string, limited bool) {
	switch {
	case !limited:
		if delete(m[model], endpoint); len(m[model]) == 0 {
			delete(m, model)
		}
		return
	case m[model] == nil:
		m[model] = map[int]bool{}
	}
	m[model][endpoint] = true
}

// of reports whether any endpoint limits the money of a model's calls.
func (m moneyLimits) of(model string) bool { return len(m[""]) > 0 || len(m[model]) > 0 }
