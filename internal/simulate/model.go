package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/value"
	"github.com/seed-1814a72b/paceline/sim"
)

// simModels are the limits that the simulator has for single models:
// MODEL,rpm=60,tpm=10k.
type simModels struct{ to *map[string]sim.Limits }

// Repeats marks a [value.Repeated] one.
func (m simModels) Repeats() {}

func (m simModels) Type() string   { return "MODEL,NAME=VALUE..." }
func (m simModels) String() string { return "" }

func (m simModels) Set(s string) error {
	fields := strings.Split(s, ",")
	model := strings.TrimSpace(fields[0])
	if model == "" || strings.Contains(model, "=") {
		return fmt.Errorf("%q: the model's name comes first; write MODEL,rpm=60", s)
	}
	if _, twice := (*m.to)[model]; twice {
		return fmt.Errorf("%s: is given twice; name all its limits in one, separated by commas", model)
	}
	var l sim.Limits
	field := func(name string) pflag.Value {
		switch name {
		case "rpm":
			return whole{&l.RPM}
		case "rps":
			return whole{&l.RPS}
		case "tpm":
			return whole{&l.TPM}
		case "window":
			return parsed{&l.Window, ""}
		}
		return nil
	}
	unknown := func(name string) error {
		return fmt.Errorf("%s: %q is no limit; they are rpm, rps, tpm, window", model, name)
	}
	if err := value.Fields(fields[1:], field, unknown); err != nil {
		return err
	}
	if limits(l) == "" {
		return fmt.Errorf("%s: names no limit; write %s,rpm=60", model, model)
	}
	if *m.to == nil {
		*m.to = map[string]sim.Limits{}
	}
	(*m.to)[model] = l
	return nil
}

// modelsAbout says in words which models have limits of their own, "" if none.
func modelsAbout(models map[string]sim.Limits) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(models)) {
		text += "; " + name + ": " + limits(models[name])
	}
	return text
}
