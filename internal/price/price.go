package price

import (
	"fmt"

	"github.com/seed-1814a72b/paceline"
)

// A Rate is what one million tokens cost, in US dollars.
type Rate struct {
	Input  float64
	Output float64 // reasoning included
	Cached float64 // input that the provider read from its cache; equal to Input where no other price is known
}

// A Price is what a model's tokens cost and how many it takes. The zero Price
// is an unknown one. It is a value and never changes.
type Price struct {
	Rate

	// Long applies instead of Rate, to the whole call, if its prompt has more
	// than LongOver tokens. LongOver 0: there is no such tier.
	Long     Rate
	LongOver int64

	// Provider and Model say which entry of the snapshot it is; both are ""
	// for a price that the user gave.
	Provider, Model string

	// Context and MaxOutput are the model's limits in tokens; 0: unknown.
	Context, MaxOutput int64

	known bool
}

// Known reports whether p is a price at all.
func (p Price) Known() bool { return p.known }

// Cost returns what u costs at p: unknown if p or u is.
func (p Price) Cost(u paceline.Usage) paceline.Cost {
	if !p.known || !u.Known || u.Prompt < 0 || u.Completion < 0 {
		return paceline.Cost{}
	}
	rate := p.Rate
	if p.LongOver > 0 && u.Prompt > p.LongOver {
		rate = p.Long
	}
	cached := min(max(u.Cached, 0), u.Prompt)
	usd := float64(u.Prompt-cached)*rate.Input + float64(cached)*rate.Cached + float64(u.Completion)*rate.Output
	return paceline.Cost{USD: usd / 1e6, Known: true}
}

// String says the price in one phrase, such as "$0.15 in, $0.60 out per 1M
// tokens (openai gpt-4o-mini, as of 2026-08-18)", or "unknown".
func (p Price) String() string {
	if !p.known {
		return unknown
	}
	s := fmt.Sprintf("%s in, %s out per 1M tokens", Dollars(p.Input), Dollars(p.Output))
	if p.Model == "" {
		return s + " (as given)"
	}
	return fmt.Sprintf("%s (%s %s, as of %s)", s, p.Provider, p.Model, AsOf)
}
