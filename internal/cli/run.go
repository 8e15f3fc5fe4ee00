package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

func newRunCommand(env *Env) *cobra.Command {
	flags := defaultRunFlags()
	p := runPage()
	flags.define(p)
	return p.command(func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return errors.New("no input; name a file, or - for standard input (see 'paceline run --help')")
		}
		return nil
	})
}
