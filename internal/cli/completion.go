package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/manual"
)

// shells are those that there is completion for, with what writes the script.
var shells = []struct {
	name  string
	write func(root *cobra.Command, w io.Writer) error
}{
	{"bash", func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
	{"zsh", func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) }},
	{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
	{"powershell", func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) }},
}

// newCompletionCommand returns `paceline completion`.
func newCompletionCommand(env *command.Env) *cobra.Command {
	p := completionPage()
	var cmd *cobra.Command
	cmd = p.Command(func(_ context.Context, args []string) error {
		return writeCompletion(env.Stdout, cmd.Root(), args)
	})
	cmd.ValidArgs = shellNames()
	return cmd
}

func writeCompletion(w io.Writer, root *cobra.Command, args []string) error {
	for _, shell := range shells {
		if len(args) == 1 && args[0] == shell.name {
			return shell.write(root, w)
		}
	}
	return fmt.Errorf("name a shell: %s (see 'paceline completion --help')", strings.Join(shellNames(), ", "))
}

func shellNames() []string {
	var names []string
	for _, shell := range shells {
		names = append(names, shell.name)
	}
	return names
}

func completionPage() *manual.Page {
	return &manual.Page{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "completion for bash, zsh, fish or PowerShell",
		About: "Writes a script to standard output with which a shell completes commands, flags and the " +
			"values of flags.",
		Examples: []manual.Example{
			{What: "bash, for this shell; put the line into ~/.bashrc for all (needs the package bash-completion)", Line: "source <(paceline completion bash)"},
			{What: "zsh, with compinit on", Line: `paceline completion zsh > "${fpath[1]}/_paceline"`},
			{What: "fish", Line: "paceline completion fish > ~/.config/fish/completions/paceline.fish"},
			{What: "PowerShell", Line: "paceline completion powershell | Out-String | Invoke-Expression"},
		},
	}
}
