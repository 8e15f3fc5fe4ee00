package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/garbage"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

func newRunCommand(env *command.Env) *cobra.Command {
	flags := defaultRunFlags()
	p := runPage()
	flags.define(p)
	flags.defineTelemetry(p.Group("Telemetry"), env.Telemetry != nil)
	return p.Command(func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return errors.New("no input; name a file, or - for standard input (see 'paceline run --help')")
		}
		if err := flags.check(); err != nil {
			return err
		}
		defer garbage.Ease(env.Getenv)()
		s := &session{env: env, flags: flags, inputs: args}
		return profiled(env, flags.profile, func() error { return s.run(ctx) })
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
	if err := f.checkDeadlines(); err != nil {
		return err
	}
	if err := f.webFlags.check(); err != nil {
		return err
	}
	if f.sync > time.Minute {
		return fmt.Errorf("--sync: %s is too long; at most 1m, or off", numeral.Duration(f.sync))
	}
	return errors.Join(f.checkFlags.check(), f.Flags.Check(), f.LogFlags.Check(), f.checkMetrics(), f.checkTelemetry())
}

// checkDeadlines refuses one that the deadline of the whole call always comes
// before.
func (f *runFlags) checkDeadlines() error {
	for _, d := range []struct {
		flag string
		is   time.Duration
	}{{"--first-token-timeout", f.firstToken}, {"--stall-timeout", f.stall}} {
		if f.timeout > 0 && d.is > f.timeout {
			return fmt.Errorf("%s %s is longer than --timeout, which is %s for the whole call; lower it, or raise --timeout",
				d.flag, numeral.Duration(d.is), numeral.Duration(f.timeout))
		}
	}
	return nil
}
