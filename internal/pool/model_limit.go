package pool

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/spelling"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// A modelLimit is what --model-limit gives the calls of one model, beside the
// endpoint's own limits: MODEL,rpm=300,tpm=100k.
type modelLimit struct {
	Model    string
	endpoint string // its name; "": each endpoint
	Limits
}

// modelFields are the fields of a model's limits in the order in which they are
// listed.
var modelFields = append(slices.Clone(limitNames), "endpoint")

// value returns where a field of that name is written, nil if there is none.
func (m *modelLimit) value(name string) pflag.Value {
	if name == "endpoint" {
		return value.Word{To: &m.endpoint, Kind: "NAME"}
	}
	return m.Limits.value(name)
}

// parseModelLimit reads a model's limits. Its errors name the field.
func parseModelLimit(text string) (modelLimit, error) {
	fields := strings.Split(text, ",")
	m := modelLimit{Model: strings.TrimSpace(fields[0]), Limits: Limits{Window: "bucket"}}
	if m.Model == "" || strings.Contains(m.Model, "=") {
		return m, fmt.Errorf("%q: the model's name comes first; write MODEL,rpm=300", text)
	}
	unknown := func(name string) error {
		if near := spelling.Nearest(name, modelFields); near != "" {
			return fmt.Errorf("%s: %q is no limit; did you mean %s?", m.Model, name, near)
		}
		return fmt.Errorf("%s: %q is no limit; they are %s", m.Model, name, strings.Join(modelFields, ", "))
	}
	if err := value.Fields(fields[1:], m.value, unknown); err != nil {
		return m, err
	}
	if m.Limits == (Limits{Window: "bucket"}) {
		return m, fmt.Errorf("%s: names no limit; write %s,rpm=300", m.Model, m.Model)
	}
	return m, nil
}

// ModelLimits collects those of a flag that may be repeated.
type modelLimits struct{ to *[]modelLimit }

// Repeats marks a [value.Repeated] one.
func (l modelLimits) Repeats() {}

func (l modelLimits) Type() string   { return "MODEL,NAME=VALUE..." }
func (l modelLimits) String() string { return "" }

func (l modelLimits) Set(s string) error {
	m, err := parseModelLimit(s)
	if err == nil {
		*l.to = append(*l.to, m)
	}
	return err
}

// LimitModels gives the endpoints their limits of single models.
func (p *Pool) LimitModels(limits []modelLimit) error {
	for _, m := range limits {
		found := false
		for i := range p.Endpoints {
			e := &p.Endpoints[i]
			if m.endpoint != "" && m.endpoint != e.Name {
				continue
			}
			found = true
			if _, twice := e.Models[m.Model]; twice {
				return fmt.Errorf("--model-limit %s: is given twice; name all its limits in one, separated by commas", m.Model)
			}
			e.limitModel(m.Model, m.Limits)
		}
		if !found {
			return fmt.Errorf("--model-limit %s: endpoint: there is no endpoint %q; the endpoints are %s", m.Model, m.endpoint, p.names())
		}
	}
	return nil
}

// limitModel sets what is given for a model; the map may be shared with others.
func (e *Endpoint) limitModel(model string, l Limits) {
	models := map[string]Limits{}
	for name, other := range e.Models {
		models[name] = other
	}
	models[model] = l
	e.Models = models
}

func (p *Pool) names() string {
	var names []string
	for i := range p.Endpoints {
		names = append(names, p.Endpoints[i].Name)
	}
	return strings.Join(names, ", ")
}

// LimitFlag names where a limit of the endpoint stands.
func (e *Endpoint) LimitFlag(name string) string {
	if e.pooled {
		return "--endpoint " + e.Name + ": " + name
	}
	return "--" + name
}
