package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/spelling"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// A modelLimit is what --model-limit gives the calls of one model, beside the
// endpoint's own limits: MODEL,rpm=300,tpm=100k.
type modelLimit struct {
	model    string
	endpoint string // its name; "": each endpoint
	limitSet
}

// modelFields are the fields of a model's limits in the order in which they are
// listed.
var modelFields = append(slices.Clone(limitNames), "endpoint")

// value returns where a field of that name is written, nil if there is none.
func (m *modelLimit) value(name string) pflag.Value {
	if name == "endpoint" {
		return value.Word{To: &m.endpoint, Kind: "NAME"}
	}
	return m.limitSet.value(name)
}

// parseModelLimit reads a model's limits. Its errors name the field.
func parseModelLimit(text string) (modelLimit, error) {
	fields := strings.Split(text, ",")
	m := modelLimit{model: strings.TrimSpace(fields[0]), limitSet: limitSet{window: "bucket"}}
	if m.model == "" || strings.Contains(m.model, "=") {
		return m, fmt.Errorf("%q: the model's name comes first; write MODEL,rpm=300", text)
	}
	unknown := func(name string) error {
		if near := spelling.Nearest(name, modelFields); near != "" {
			return fmt.Errorf("%s: %q is no limit; did you mean %s?", m.model, name, near)
		}
		return fmt.Errorf("%s: %q is no limit; they are %s", m.model, name, strings.Join(modelFields, ", "))
	}
	if err := parseFields(fields[1:], m.value, unknown); err != nil {
		return m, err
	}
	if m.limitSet == (limitSet{window: "bucket"}) {
		return m, fmt.Errorf("%s: names no limit; write %s,rpm=300", m.model, m.model)
	}
	return m, nil
}

// parseFields reads NAME=VALUE fields, each once, into what value names.
func parseFields(fields []string, value func(name string) pflag.Value, unknown func(name string) error) error {
	given := map[string]bool{}
	for _, field := range fields {
		name, text, ok := strings.Cut(strings.TrimSpace(field), "=")
		into := value(name)
		switch {
		case into == nil:
			return unknown(name)
		case !ok || text == "":
			return fmt.Errorf("%s: has no value; write %s=VALUE", name, name)
		case given[name]:
			return fmt.Errorf("%s: is given twice", name)
		}
		given[name] = true
		if err := into.Set(text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// modelLimits collects those of a flag that may be repeated.
type modelLimits struct{ to *[]modelLimit }

func (l modelLimits) Type() string   { return "MODEL,NAME=VALUE..." }
func (l modelLimits) String() string { return "" }

func (l modelLimits) Set(s string) error {
	m, err := parseModelLimit(s)
	if err == nil {
		*l.to = append(*l.to, m)
	}
	return err
}

// limitModels gives the endpoints their limits of single models.
func (p *pool) limitModels(limits []modelLimit) error {
	for _, m := range limits {
		found := false
		for i := range p.endpoints {
			e := &p.endpoints[i]
			if m.endpoint != "" && m.endpoint != e.name {
				continue
			}
			found = true
			if _, twice := e.models[m.model]; twice {
				return fmt.Errorf("--model-limit %s: is given twice; name all its limits in one, separated by commas", m.model)
			}
			e.limitModel(m.model, m.limitSet)
		}
		if !found {
			return fmt.Errorf("--model-limit %s: endpoint: there is no endpoint %q; the endpoints are %s", m.model, m.endpoint, p.names())
		}
	}
	return nil
}

// limitModel sets what is given for a model; the map may be shared with others.
func (e *endpoint) limitModel(model string, l limitSet) {
	models := map[string]limitSet{}
	for name, other := range e.models {
		models[name] = other
	}
	models[model] = l
	e.models = models
}

func (p *pool) names() string {
	var names []string
	for i := range p.endpoints {
		names = append(names, p.endpoints[i].name)
	}
	return strings.Join(names, ", ")
}

// checkModels refuses limits of models that no item asks for, and no --escalate
// names. Items that keep their row were not asked, and may be those that did.
func (s *session) checkModels() error {
	asked := s.survey.models
	if asked == nil || asked.beyond || s.survey.kept > 0 {
		return nil
	}
	escalated := s.flags.escalatedModels()
	for _, m := range s.flags.modelLimits {
		if !asked.has(m.model) && !slices.Contains(escalated, m.model) {
			return fmt.Errorf("--model-limit %s: no item asks for this model; they ask for %s", m.model, asked)
		}
	}
	return nil
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

func (a *askedModels) add(model []byte, it *paceline.Item, in, out int64) {
	was, known := a.largest[string(model)]
	switch {
	case !known && len(a.largest) >= keptModels:
		a.beyond = true
	case !known || in+out > was.in+was.out:
		a.largest[string(model)] = sizedRequest{place: itemPlace(it), in: in, out: out}
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
	if s.survey.models == nil {
		return nil
	}
	for _, model := range slices.Sorted(maps.Keys(s.survey.models.largest)) {
		r := s.survey.models.largest[model]
		for i := range s.pool.endpoints {
			e := &s.pool.endpoints[i]
			if err := r.within(e.tpm, e.limitFlag("tpm")); err != nil {
				return err
			}
			if err := r.within(e.models[model].tpm, "--model-limit "+model+": tpm"); err != nil {
				return err
			}
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

// limitFlag names where a limit of the endpoint stands.
func (e *endpoint) limitFlag(name string) string {
	if e.pooled {
		return "--endpoint " + e.name + ": " + name
	}
	return "--" + name
}

// checkMoney refuses a limit or a budget of money where a price is not known.
func (s *session) checkMoney() error {
	if s.flags.maxCost > 0 {
		if err := s.checkPrices("--max-cost", ""); err != nil {
			return err
		}
	}
	for i := range s.pool.endpoints {
		e := &s.pool.endpoints[i]
		if e.usdPerHour > 0 {
			if err := s.checkPrices(e.limitFlag("usd-per-hour"), ""); err != nil {
				return err
			}
		}
		for _, model := range slices.Sorted(maps.Keys(e.models)) {
			if e.models[model].usdPerHour == 0 {
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
		flag, unpriced, s.pool.host(), s.pricing.flagFor(unpriced))
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
