package manual

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/spelling"
)

// FlagError turns pflag's errors into ours: one line that names the flag and
// says what to do.
func FlagError(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		if _, bad := strconv.ParseBool(e.GetValue()); bad != nil && e.GetFlag().Value.Type() == "bool" {
			return fmt.Errorf("--%s: %q is neither true nor false", e.GetFlag().Name, e.GetValue())
		}
		return fmt.Errorf("--%s: %w", e.GetFlag().Name, e.Unwrap())
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("--%s needs a value; see '%s --help'", e.GetFlag().Name, cmd.CommandPath())
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, e)
	}
	return fmt.Errorf("%w; see '%s --help'", err, cmd.CommandPath())
}

// keyFlags are the names under which people try to pass a key. A key in the
// arguments can be read by every process of the machine and lands in the
// shell's history, so there is no such flag.
var keyFlags = []string{"api-key", "key", "token", "openai-api-key"}

func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	name := e.GetSpecifiedName()
	if slices.Contains(keyFlags, name) {
		return errors.New("a key is never given on the command line, where every process can read it; " +
			"put it into OPENAI_API_KEY, or name another variable with --api-key-env")
	}
	if e.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("unknown flag -%s; see '%s --help'", name, cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := spelling.Nearest(name, names); near != "" {
		return fmt.Errorf("unknown flag --%s; did you mean --%s?", name, near)
	}
	return fmt.Errorf("unknown flag --%s; see '%s --help'", name, cmd.CommandPath())
}

// NoArguments refuses whatever is no flag.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes flags only, not %q; see '%s --help'", cmd.CommandPath(), args[0], cmd.CommandPath())
}
