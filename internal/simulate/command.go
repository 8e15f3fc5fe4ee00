// Package simulate is the command that serves the simulated provider.
package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/sim"
)

// NewCommand returns `paceline sim`.
func NewCommand(env *command.Env) *cobra.Command {
	flags := defaultSimFlags()
	p := simPage()
	flags.define(p)
	cmd := p.Command(func(ctx context.Context, _ []string) error {
		if flags.listFaults {
			return listFaults(env.Stdout)
		}
		return flags.run(ctx, env)
	})
	cmd.Args = manual.NoArguments
	return cmd
}

func simPage() *manual.Page {
	return &manual.Page{
		Use:   "sim",
		Short: "serve a simulated provider with limits, latencies and faults",
		About: "Serves an OpenAI-compatible API on this machine that behaves like a real provider on a bad " +
			"day: it enforces rate limits, takes its time, hangs, breaks off and answers nonsense, as often " +
			"as it is told. Any key and any model will do. It serves until Ctrl-C and then says what it saw.",
		Examples: []manual.Example{
			{What: "A well-behaved server with a limit, on port 8000", Line: "paceline sim --rpm 600"},
			{What: "Slow first tokens, one call in a hundred hangs, some fail",
				Line: "paceline sim --ttft lognormal:800ms,0.6 --hang 1% \\\n  --errors 500:0.02,reset:0.01"},
			{What: "Test your own client: five seconds of outage, then half of all streams cut",
				Line: "paceline sim --outage 10s..15s --errors cut:0.5"},
			{What: "Use it", Line: "paceline run reviews.jsonl --base-url http://127.0.0.1:8000/v1 \\\n" +
				"  -m sim -p 'One of: positive, negative, mixed. {{.text}}'"},
		},
		Sections: []manual.Section{
			{Title: "Distributions", Text: "" +
				"  800ms                   always the same\n" +
				"  uniform:0.5s,1.5s       from, to\n" +
				"  normal:1s,200ms         mean, deviation\n" +
				"  lognormal:800ms,0.6     median, sigma: the shape that real ones have\n" +
				"  exp:1s                  mean\n" +
				"  For --tokens plain numbers: 100, uniform:50,150, ..."},
			{Title: "Endpoints", Text: "" +
				"  POST /v1/chat/completions  streamed or not; honours JSON schemas and tools\n" +
				"  POST /v1/embeddings\n" +
				"  GET  /v1/models\n" +
				"  GET  /stats                what it has seen so far, as JSON\n" +
				"  A prompt that contains [[sim:fault=NAME]] meets that fault."},
			{Title: "Exit codes", Text: "" +
				"  0    ended by Ctrl-C\n" +
				"  1    wrong usage, or the address cannot be had"},
		},
	}
}

// run serves until a signal comes or ctx ends, and then prints the ledger.
func (f *simFlags) run(ctx context.Context, env *command.Env) error {
	cfg, err := f.completed()
	if err != nil {
		return err
	}
	server, err := sim.New(cfg)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return listenError(f.addr, err)
	}
	web := server.HTTPServer()
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	f.greet(env.Stdout, listener.Addr())

	select {
	case err = <-served:
	case <-ctx.Done():
	case <-env.Signals:
	}
	closeErr := errors.Join(web.Close(), server.Close())
	if err == nil {
		err = <-served
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return &command.Exit{Code: command.ExitStopped, Err: fmt.Errorf("sim: %w", errors.Join(err, closeErr))}
	}
	if !f.quiet {
		writeLedger(env.Stdout, server.Ledger())
	}
	return nil
}

// listenError says what to do about an address that cannot be had.
func listenError(addr string, err error) error {
	if cause, ok := errors.AsType[*net.OpError](err); ok {
		err = cause.Err
	}
	return fmt.Errorf("--addr: cannot listen on %s: %w; choose another HOST:PORT, or port 0 for a free one", addr, err)
}

// greet prints where the simulator is and how to use it.
func (f *simFlags) greet(w io.Writer, addr net.Addr) {
	base := "http://" + addr.String() + "/v1"
	if f.quiet {
		fmt.Fprintln(w, base)
		return
	}
	about := cmp.Or(limits(f.config.Limits), "no rate limit") + modelsAbout(f.config.ModelLimits)
	fmt.Fprintf(w, "paceline sim: serving %s (%s); Ctrl-C ends it\n", base, about)
	fmt.Fprintf(w, "try: paceline run reviews.jsonl --base-url %s -m sim -p 'One of: positive, negative, mixed. {{.text}}'\n", base)
}

// listFaults prints every fault with its line, by the rows of the list of
// faults.
func listFaults(w io.Writer) error {
	faults := sim.Faults()
	longest := 0
	for _, f := range faults {
		longest = max(longest, len(f.Name))
	}
	var b strings.Builder
	for _, f := range faults {
		fmt.Fprintf(&b, "%-*s  %s\n", longest, f.Name, f.Doc)
	}
	b.WriteString("\nBeside these, any status from 400 to 599 is a fault: 418:0.01 has one call in a hundred answered so.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// writeLedger prints what a simulator saw.
func writeLedger(w io.Writer, l sim.Ledger) {
	var s prose.Sheet
	fmt.Fprintf(w, "\nSaw %s requests on %s connections\n\n", numeral.Grouped(l.Requests), numeral.Grouped(l.Connections))
	s.Row("answered", numeral.Figures(numeral.Always(l.Complete.Requests, "to the end"),
		numeral.IfAny(l.Partial.Requests, "in part")))
	s.Row("refused", numeral.Figures(numeral.IfAny(l.Refused, "by the rate limits")))
	s.Row("left", numeral.Figures(numeral.IfAny(l.Gone, "whose client went away")))
	s.Row("statuses", statuses(l.ByStatus))
	s.Row("faults", faultCounts(l.ByFault))
	s.Row("tokens", numeral.Figures(numeral.Always(l.Complete.PromptTokens+l.Partial.PromptTokens, "in"),
		numeral.Always(l.Complete.CompletionTokens+l.Partial.CompletionTokens, "out")))
	s.Row("at most", numeral.Figures(numeral.Always(int64(l.MaxInFlight), "at once"),
		numeral.Always(int64(l.MaxPerSecond), "in a second"), numeral.Always(int64(l.MaxPerMinute), "in a minute")))
	io.WriteString(w, s.String())
}

// statuses lists how many answers had which HTTP status.
func statuses(by map[int]int64) string {
	var list []numeral.Figure
	for _, status := range slices.Sorted(maps.Keys(by)) {
		what := fmt.Sprintf("x %d", status)
		if status == 0 {
			what = "without a status"
		}
		list = append(list, numeral.Always(by[status], what))
	}
	return numeral.Figures(list...)
}

// faultCounts lists how many calls met which fault, the most frequent first.
func faultCounts(by map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), strings.Compare(a, b))
	})
	var list []numeral.Figure
	for _, name := range names {
		list = append(list, numeral.Always(by[name], name))
	}
	return numeral.Figures(list...)
}
