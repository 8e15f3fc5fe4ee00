// Package cli is the command line: one file per command, and a frame around
// them that turns what happened into one line and an exit code. Everything it
// touches of the outside world comes in as a [command.Env].
package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/runs"
	"github.com/seed-1814a72b/paceline/internal/simulate"
	"github.com/seed-1814a72b/paceline/internal/spelling"
)

// Main runs the program once and returns its exit code. An error is one line
// on env.Stderr, "paceline: what; what to do".
func Main(ctx context.Context, env command.Env) int {
	if command.WantsJSON(env.Args) {
		env.Stderr = command.NewJSONNotices(env.Stderr)
	}
	root := newRootCommand(&env)
	err := root.ExecuteContext(ctx)
	if e, ok := err.(*command.Exit); ok && e.Err == nil {
		return e.Code
	}
	if err != nil {
		command.TellEnd(env.Stderr, err)
	}
	return command.ExitCode(err)
}

// newRootCommand puts the commands together.
func newRootCommand(env *command.Env) *cobra.Command {
	root := rootPage().Command(nil)
	root.Args = unknownCommand
	root.Version = command.Version()
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	root.SetArgs(joinAddress(env.Args))
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(manual.FlagError)
	root.SetVersionTemplate(versionText())
	root.SetHelpCommand(newHelpCommand())
	root.CompletionOptions.DisableDefaultCmd = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveDefault)
	root.AddCommand(commands(env)...)
	for _, topic := range topics() {
		root.AddCommand(topic.command())
	}
	return root
}

// commands returns the commands in the order of the first help page.
func commands(env *command.Env) []*cobra.Command {
	return []*cobra.Command{
		newRunCommand(env),
		newCtlCommand(env),
		runs.NewInspectCommand(env),
		runs.NewLsCommand(env),
		runs.NewReportCommand(env),
		newDemoCommand(env),
		simulate.NewCommand(env),
		newCompletionCommand(env),
		newVersionCommand(env),
	}
}

func rootPage() *manual.Page {
	return &manual.Page{
		Use: "paceline COMMAND",
		About: "Paceline runs language-model API calls in bulk: a file of items and a prompt in, " +
			"every answer out, as fast as the provider's limits permit. It continues where it was " +
			"stopped, and no row is lost.",
		Examples: []manual.Example{
			{What: "See it work: no key, no network, twenty seconds", Line: "paceline demo"},
			{What: "Label every line of a file", Line: "export OPENAI_API_KEY=...\n" +
				"paceline run reviews.jsonl -m gpt-4o-mini --rpm 500 \\\n" +
				"  -p 'Positive, negative or mixed? One word. {{.text}}' -o labels.jsonl"},
			{What: "Try your own code against a provider that misbehaves", Line: "paceline sim --rpm 600 --hang 0.01"},
		},
		Sections: []manual.Section{
			{Title: "Commands", Text: "" +
				"  run         call a model for every item of a file and write every answer\n" +
				"  ctl         look at a run that goes on, pause it, change its limits\n" +
				"  inspect     ask what happened: an item's history, failures, the slowest\n" +
				"  ls          find the runs in a folder, and how they stand\n" +
				"  report      a page that shows what a run was like, to read and to mail\n" +
				"  demo        see the whole of it, with no key and no network\n" +
				"  sim         serve a simulated provider with limits, latencies and faults\n" +
				"  completion  completion for bash, zsh, fish or PowerShell\n" +
				"  version     what this is"},
			{Title: "Topics (paceline help TOPIC)", Text: "" +
				"  prompts      templates: fields, functions, messages\n" +
				"  formats      what goes in and what comes out\n" +
				"  environment  the variables that are read\n" +
				"  exit-codes   how the program ends"},
		},
	}
}

// unknownCommand refuses arguments that name no command.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	names := commandNames(cmd)
	if near := spelling.Nearest(args[0], names); near != "" {
		return fmt.Errorf("unknown command %q; did you mean '%s %s'?", args[0], cmd.Name(), near)
	}
	return fmt.Errorf("unknown command %q; the commands are %s (see '%s --help')",
		args[0], strings.Join(names, ", "), cmd.Name())
}
