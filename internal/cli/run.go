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
		if err := flags.check(); err != nil {
			return err
		}
		s := &session{env: env, flags: flags, inputs: args}
		return s.run(ctx)
	})
}

// check refuses flags that contradict each other.
func (f *runFlags) check() error {
	switch {
	case f.first > 0 && f.sample > 0:
		return errors.New("-n and --sample both choose items; give one of them")
	case f.fresh && f.retryFailed:
		return errors.New("--fresh starts over and --retry-failed continues; give one of them")
	case f.fresh && f.allowChanges:
		return errors.New("--fresh starts over and --allow-changes continues; give one of them")
	}
	return nil
}
