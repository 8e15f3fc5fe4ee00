package cli

import (
	"fmt"
	"slices"
	"sync"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/price"
)

// pricing tells what calls cost: by the price that the user gave, else by the
// built-in list. It is safe for concurrent use.
type pricing struct {
	given    price.Price // known if the user gave one
	others   []string    // models that it is not for: invalid answers are escalated to them
	baseURLs []string    // of all endpoints
	source   string      // where the prices are from, for people
	known    *sync.Map   // of looked up models, to price.Price
}

func newPricing(f *runFlags, baseURLs []string) (pricing, error) {
	p := pricing{baseURLs: baseURLs, source: "prices as of " + price.AsOf, known: new(sync.Map)}
	if f.price == "" {
		return p, nil
	}
	given, err := price.Parse(f.price)
	if err != nil {
		return p, fmt.Errorf("--price: %w", err)
	}
	p.given, p.source = given, "at the prices given"
	for _, model := range f.escalatedModels() {
		if model != f.model {
			p.others = append(p.others, model)
		}
	}
	return p, nil
}

// of returns the price of a model, unknown if it is not in the list.
func (p *pricing) of(model string) price.Price {
	if p.given.Known() && !slices.Contains(p.others, model) {
		return p.given
	}
	if found, ok := p.known.Load(model); ok {
		return found.(price.Price)
	}
	found := p.lookUp(model)
	p.known.Store(model, found)
	return found
}

// lookUp returns the price of a model that all endpoints agree on, else none:
// whose call it is that is paid for, nobody knows.
func (p *pricing) lookUp(model string) price.Price {
	first, _ := price.Lookup(model, p.baseURLs[0])
	for _, url := range p.baseURLs[1:] {
		other, _ := price.Lookup(model, url)
		if other.Rate != first.Rate || other.Long != first.Long || other.LongOver != first.LongOver {
			return price.Price{}
		}
	}
	return first
}

// cost returns what a usage of a model costs.
func (p *pricing) cost(model string, u paceline.Usage) paceline.Cost { return p.of(model).Cost(u) }
