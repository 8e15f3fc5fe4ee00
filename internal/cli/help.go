package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/spelling"
)

// newHelpCommand returns `paceline help`, for commands and topics.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND|TOPIC]", Short: "the page of a command or a topic", Hidden: true,
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, args []string) error { return showHelp(cmd.Root(), args) },
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return append(commandNames(cmd.Root()), topicNames()...), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func showHelp(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return root.Help()
	}
	found, _, err := root.Find(args)
	if err == nil && found != root {
		return found.Help()
	}
	if near := spelling.Nearest(args[0], append(commandNames(root), topicNames()...)); near != "" {
		return fmt.Errorf("no command and no topic %q; did you mean 'paceline help %s'?", args[0], near)
	}
	return fmt.Errorf("no command and no topic %q; the commands are %s, the topics %s", args[0],
		strings.Join(commandNames(root), ", "), strings.Join(topicNames(), ", "))
}

// commandNames returns the commands that a user is told of.
func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

func topicNames() []string {
	var names []string
	for _, t := range topics() {
		names = append(names, t.name)
	}
	return names
}
