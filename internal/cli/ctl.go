package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
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
func (f *ctlFlags) order(args []string) (*order, error) {
	o := &order{Do: "status", Endpoint: f.endpoint, Model: f.model}
	if len(args) > 0 {
		o.Do, args = args[0], args[1:]
	}
	words := []string{"status", "pause", "resume", "set"}
	switch o.Do {
	case "set":
		return o, o.readLimits(args)
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
func (o *order) readLimits(args []string) error {
	o.Limits = map[string]string{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if _, again := o.Limits[name]; again {
			return fmt.Errorf("%s is given twice", name)
		}
		if !ok {
			return fmt.Errorf("%q is not LIMIT=VALUE; write rpm=300", arg)
		}
		o.Limits[name] = value
	}
	return new(pool.Limits).Change(o.Limits)
}

// give gives a run one order and shows how it stands then.
func give(ctx context.Context, env *command.Env, f *ctlFlags, output string, o *order) error {
	a, err := deliver(ctx, env, output, o)
	switch {
	case err != nil:
		return err
	case a.Error != "":
		return errors.New(a.Error)
	case a.Status == nil:
		return errors.New("the run's answer says nothing; is it of another version?")
	case f.json:
		_, err = env.Stdout.Write(wireLine(a.Status))
	default:
		_, err = env.Stdout.Write([]byte(a.Status.Text(o.Do, output)))
	}
	return err
}

// ctlPatience is how long a run may take to answer.
const ctlPatience = 10 * time.Second

// deliver sends an order to the run on output and returns its answer.
func deliver(ctx context.Context, env *command.Env, output string, o *order) (*answer, error) {
	conn, err := dialControl(ctx, env, output)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(env.Now().Add(ctlPatience)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(wireLine(o)); err != nil {
		return nil, errEnded(output)
	}
	line, err := bufio.NewReader(conn).ReadBytes('\n')
	if err != nil {
		return nil, errEnded(output)
	}
	a := &answer{}
	if err := json.Unmarshal(line, a); err != nil {
		return nil, fmt.Errorf("the run's answer cannot be read: %w", err)
	}
	return a, nil
}

func errEnded(output string) error {
	return fmt.Errorf("the run on %s did not answer: it has just ended, or hangs", output)
}

// dialControl connects to the run on output.
func dialControl(ctx context.Context, env *command.Env, output string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: ctlPatience}).DialContext(ctx, "unix", findControl(env, output))
	if err != nil {
		return nil, noRun(env, output)
	}
	return conn, nil
}

// noRun says that no run can be reached, and which file may have been meant.
func noRun(env *command.Env, output string) error {
	if other, err := command.DefaultOutput([]string{output}); err == nil {
		if _, err := env.Stat(findControl(env, other)); err == nil {
			return fmt.Errorf("no run goes on with %s for its output; did you mean %s?", output, other)
		}
	}
	if _, err := env.Stat(controlDir(output)); err != nil {
		return fmt.Errorf("no run goes on with %s for its output; name the file that its rows go to", output)
	}
	return fmt.Errorf("no run goes on with %s for its output (one that is still checking its input does not listen yet)", output)
}
