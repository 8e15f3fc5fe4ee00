package value

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// Fields reads NAME=VALUE fields, each once, into what value names.
func Fields(fields []string, value func(name string) pflag.Value, unknown func(name string) error) error {
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
