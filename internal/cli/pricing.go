package cli

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/prose"
)

// pricing tells what calls cost: by the prices that the user gave, else by the
// built-in list. It is safe for concurrent use.
type pricing struct {
	given    price.Price            // known if the user gave one without a model
	own      map[string]price.Price // given for single models
	others   map[string]bool        // models that given is not for: invalid answers are escalated to them
	baseURLs []string               // of all endpoints
	source   string                 // where the prices are from, for people
	known    *sync.Map              // of looked up models, to price.Price
}

func newPricing(f *runFlags, baseURLs []string) (pricing, error) {
	p := pricing{
		baseURLs: baseURLs, source: "prices as of " + price.AsOf, known: new(sync.Map),
		own: map[string]price.Price{}, others: map[string]bool{},
	}
	for _, text := range f.prices {
		if err := p.give(text); err != nil {
			return p, fmt.Errorf("--price: %w", err)
		}
		p.source = "at the prices given"
	}
	for _, model := range f.escalatedModels() {
		p.others[model] = model != f.model
	}
	return p, nil
}

// give reads one --price: of all models, or MODEL:in=...,out=... of one. A
// model's name may have a colon itself.
func (p *pricing) give(text string) error {
	model := ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		model, text = strings.TrimSpace(text[:i]), text[i+1:]
		if model == "" {
			return fmt.Errorf("no model stands before the colon; write MODEL:%s", text)
		}
	}
	given, err := price.Parse(text)
	_, twice := p.own[model]
	switch {
	case err != nil:
		return err
	case model == "" && p.given.Known():
		return errors.New("is given twice; name the model whose price it is: MODEL:" + text)
	case model == "":
		p.given = given
	case twice:
		return fmt.Errorf("the price of %s is given twice", model)
	default:
		p.own[model] = given
	}
	return nil
}

// flagFor returns the flag that gives the price of a model.
func (p *pricing) flagFor(model string) string {
	if p.given.Known() || len(p.own) > 0 || p.others[model] {
		return "--price " + prose.ShellQuoted(model+":in=...,out=...")
	}
	return "--price in=...,out=..."
}

// of returns the price of a model, unknown if it is not in the list.
func (p *pricing) of(model string) price.Price {
	if own, ok := p.own[model]; ok {
		return own
	}
	if p.given.Known() && !p.others[model] {
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

// priceList collects the prices of a flag that may be repeated.
type priceList struct{ to *[]string }

// Repeats marks a [value.Repeated] one.
func (l priceList) Repeats() {}

func (l priceList) Type() string   { return "[MODEL:]PRICES" }
func (l priceList) String() string { return "" }

// Set only keeps what is given: [newPricing] reads it.
func (l priceList) Set(s string) error {
	*l.to = append(*l.to, s)
	return nil
}
