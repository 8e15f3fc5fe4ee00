package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/control"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/spelling"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// ctlFlags is what `paceline ctl` is told.
type ctlFlags struct {
	endpoint string
	model    string
	json     bool
}

func newCtlCommand(env *command.Env) *cobra.Command {
	flags := &ctlFlags{}
	p := ctlPage()
	s := p.Group("Flags")
	value.Text(s, &flags.endpoint, "endpoint", "", "NAME", "set the limits of this endpoint only: its name, or its number from 1 (default all of them)")
	value.Text(s, &flags.model, "model", "", "MODEL", "set limits of this model's calls, beside those of all calls")
	s.BoolVar(&flags.json, "json", false, "print the run's state as one JSON object")
	return p.Command(func(ctx context.Context, args []string) error {
		if len(args) == 0 {
			return errors.New("no run; name its output file, as in 'paceline ctl reviews.out.jsonl'")
		}
		o, err := flags.order(args[1:])
		if err != nil {
			return err
		}
		return give(ctx, env, flags, args[0], o)
	})
}

func ctlPage() *manual.Page {
	return &manual.Page{
		Use:   "ctl OUTPUT [status | pause | resume | set LIMIT=VALUE...]",
		Short: "look at a run that goes on, pause it, change its limits",
		About: "Speaks to a 'paceline run' of yours on this machine that writes to OUTPUT. No call is lost " +
			"by any of it: what is in flight goes on.",
		Examples: []manual.Example{
			{What: "How does it stand?", Line: "paceline ctl reviews.out.jsonl"},
			{What: "Leave the account to somebody else for a while", Line: "paceline ctl reviews.out.jsonl pause\npaceline ctl reviews.out.jsonl resume"},
			{What: "Other limits, from now on", Line: "paceline ctl reviews.out.jsonl set rpm=300 concurrency=20"},
			{What: "One model's limits, beside the others", Line: "paceline ctl reviews.out.jsonl set --model gpt-4o rpm=100"},
			{What: "For a script", Line: "paceline ctl reviews.out.jsonl --json | jq .items_per_s"},
		},
		Sections: []manual.Section{
			{Title: "Orders", Text: ctlOrders},
			{Title: "Exit codes", Text: "  0    done\n  1    wrong usage, or no such run"},
		},
	}
}

const ctlOrders = `  status   how far it is, how fast, what it waits for, its limits (the default)
  pause    start no further call; those in flight go on, and their rows come
  resume   go on
  set      change limits: rpm, rps, tpm, usd-per-hour, concurrency (a number
           such as 300, 10k or 2M, or off: then what the server says is
           followed) and window (bucket or strict). What is not named stays as
           it is. It counts until the run ends: a continued run has the limits
           of its own command line.`

// order reads what to do.
func (f *ctlFlags) order(args []string) (o *control.Order, err error) {
	o = &control.Order{Do: "status", Endpoint: f.endpoint, Model: f.model}
	if len(args) > 0 {
		o.Do, args = args[0], args[1:]
	}
	words := []string{"status", "pause", "resume", "set"}
	switch o.Do {
	case "set":
		o.Limits, err = readLimits(args)
		return o, err
	case "status", "pause", "resume":
		if f.endpoint != "" {
			return nil, fmt.Errorf("--endpoint goes with set; %s is of the whole run", o.Do)
		}
		if f.model != "" {
			return nil, fmt.Errorf("--model goes with set; %s is of the whole run", o.Do)
		}
		if len(args) > 0 {
			return nil, fmt.Errorf("%q: nothing follows %s", args[0], o.Do)
		}
		return o, nil
	}
	if near := spelling.Nearest(o.Do, words); near != "" {
		return nil, fmt.Errorf("unknown order %q; did you mean %s?", o.Do, near)
	}
	return nil, fmt.Errorf("unknown order %q; they are %s", o.Do, strings.Join(words, ", "))
}

// readLimits reads the limits of set. They are checked here, where there may be
// no run, as the run checks them.
func readLimits(args []string) (map[string]string, error) {
	limits := map[string]string{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if _, again := limits[name]; again {
			return nil, fmt.Errorf("%s is given twice", name)
		}
		if !ok {
			return nil, fmt.Errorf("%q is not LIMIT=VALUE; write rpm=300", arg)
		}
		limits[name] = value
	}
	return limits, new(pool.Limits).Change(limits)
}

// give gives a run one order and shows how it stands then.
func give(ctx context.Context, env *command.Env, f *ctlFlags, output string, o *control.Order) error {
	a, err := control.Deliver(ctx, env, output, o)
	switch {
	case err != nil:
		return err
	case a.Error != "":
		return errors.New(a.Error)
	case a.Status == nil:
		return errors.New("the run's answer says nothing; is it of another version?")
	case f.json:
		_, err = env.Stdout.Write(control.WireLine(a.Status))
	default:
		_, err = env.Stdout.Write([]byte(a.Status.Text(o.Do, output)))
	}
	return err
}
