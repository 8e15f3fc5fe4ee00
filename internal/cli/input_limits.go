package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// checkModels refuses limits of models that no item asks for, and no --escalate
// names. Items that keep their row were not asked, and may be those that did.
func (s *session) checkModels() error {
	for _, m := range s.flags.ModelLimits {
		if asked := s.unasked(m.Model); asked != "" {
			return fmt.Errorf("--model-limit %s: no item asks for this model; they ask for %s", m.Model, asked)
		}
	}
	return nil
}

// unasked returns the models that are asked for, if this one is not: "" where it
// is, or may be, as not all items were seen.
func (s *session) unasked(model string) (asked string) {
	models := s.survey.models
	if models == nil || models.beyond || s.survey.kept > 0 || models.has(model) || slices.Contains(s.flags.escalatedModels(), model) {
		return ""
	}
	return models.String()
}

// askedModels are the models that the items of an input ask for, with the
// largest request for each.
type askedModels struct {
	largest map[string]sizedRequest
	beyond  bool // there are more than are kept
}

// A sizedRequest is a request by its tokens: those of its prompt, an estimate,
// and those that its answer may have, 0 if it does not say.
type sizedRequest struct {
	place   string
	in, out int64
}

// keptModels bounds what is kept where every item names a model of its own.
const keptModels = 1000

func (a *askedModels) add(model string, it *paceline.Item, in, out int64) {
	was, known := a.largest[model]
	switch {
	case !known && len(a.largest) >= keptModels:
		a.beyond = true
	case !known || in+out > was.in+was.out:
		a.largest[model] = sizedRequest{place: itemPlace(it), in: in, out: out}
	}
}

func (a *askedModels) has(model string) bool {
	_, ok := a.largest[model]
	return ok
}

// String names the models, or the first of them.
func (a *askedModels) String() string {
	const named = 5
	names := slices.Sorted(maps.Keys(a.largest))
	if more := len(names) - named; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:named], ", "), more)
	}
	return strings.Join(names, ", ")
}

// checkTokens refuses a limit on tokens that a single request exceeds: no server
// takes it then.
func (s *session) checkTokens() error {
	for i := range s.pool.Endpoints {
		if err := s.fits(&s.pool.Endpoints[i]); err != nil {
			return err
		}
	}
	return nil
}

// fits returns why a limit on tokens of an endpoint is one that a single request exceeds.
func (s *session) fits(e *pool.Endpoint) error {
	if s.survey.models == nil {
		return nil
	}
	for _, model := range slices.Sorted(maps.Keys(s.survey.models.largest)) {
		r := s.survey.models.largest[model]
		if err := r.within(e.TPM, e.LimitFlag("tpm")); err != nil {
			return err
		}
		if err := r.within(e.Models[model].TPM, "--model-limit "+model+": tpm"); err != nil {
			return err
		}
	}
	return nil
}

func (r sizedRequest) within(tpm float64, flag string) error {
	if tpm == 0 || float64(r.in+r.out) <= tpm {
		return nil
	}
	what := fmt.Sprintf("about %s tokens in", numeral.Grouped(r.in))
	if r.out > 0 {
		what += fmt.Sprintf(" and %s out at most", numeral.Grouped(r.out))
	}
	return fmt.Errorf("%s: %s tokens a minute are fewer than one call takes: %s has %s; raise it, or shorten the prompt or max_tokens",
		flag, value.Quantity{To: &tpm}, r.place, what)
}

// checkMoney refuses a limit or a budget of money where a price is not known.
func (s *session) checkMoney() error {
	if s.flags.maxCost > 0 {
		if err := s.checkPrices("--max-cost", ""); err != nil {
			return err
		}
	}
	for i := range s.pool.Endpoints {
		e := &s.pool.Endpoints[i]
		if e.USDPerHour > 0 {
			if err := s.checkPrices(e.LimitFlag("usd-per-hour"), ""); err != nil {
				return err
			}
		}
		for _, model := range slices.Sorted(maps.Keys(e.Models)) {
			if e.Models[model].USDPerHour == 0 {
				continue
			}
			if err := s.checkPrices("--model-limit "+model+": usd-per-hour", model); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPrices refuses a flag that needs the price of a model, or of all of them
// for "".
func (s *session) checkPrices(flag, model string) error {
	unpriced := s.unpriced(model)
	if unpriced == "" {
		return nil
	}
	return fmt.Errorf("%s: the price of %s at %s is not known; give it with %s (US dollars for 1M tokens)",
		flag, unpriced, s.pool.Host(), s.pricing.flagFor(unpriced))
}

// unpriced returns the model if its price is not known; for "" the first of those
// that the items ask for, as far as they were seen, or that invalid answers are
// escalated to. "" means that there is none.
func (s *session) unpriced(model string) string {
	models := []string{}
	switch {
	case model != "":
		models = append(models, model)
	case s.survey.models != nil:
		models = slices.Sorted(maps.Keys(s.survey.models.largest))
	case s.flags.model != "":
		models = append(models, s.flags.model)
	}
	if model == "" {
		models = append(models, s.flags.escalatedModels()...)
	}
	for _, model := range models {
		if !s.pricing.of(model).Known() {
			return model
		}
	}
	return ""
}

// checkLimits refuses what the input shows to be wrong about limits and budgets,
// before anything is sent.
func (s *session) checkLimits() error {
	for _, err := range []error{s.checkModels(), s.checkTokens(), s.checkMoney()} {
		if err != nil {
			return err
		}
	}
	return nil
}
