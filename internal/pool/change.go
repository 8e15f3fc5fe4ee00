package pool

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-1814a72b/paceline"
)

// Change reads limits as the command line has them, for all calls, or for those of a
// model. The endpoint is left as it is if any of them is wrong.
func (e *Endpoint) Change(model string, limits map[string]string) error {
	of := e.Limits
	if model != "" {
		of = Limits{Window: "bucket"}
		if given, ok := e.Models[model]; ok {
			of = given
		}
	}
	if err := of.Change(limits); err != nil {
		return err
	}
	if model != "" {
		e.limitModel(model, of)
		return nil
	}
	e.Limits = of
	return nil
}

// Change reads limits as the command line has them.
func (l *Limits) Change(limits map[string]string) error {
	if len(limits) == 0 {
		return errors.New("set needs a limit, such as rpm=300")
	}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		into := l.value(name)
		if into == nil {
			return unknownLimit(name)
		}
		if err := into.Set(limits[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	cfg := paceline.Config{Limits: l.Library(), Price: AnyPrice}
	return cfg.Validate()
}
