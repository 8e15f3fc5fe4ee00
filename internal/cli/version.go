package cli

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/manual"
)

func newVersionCommand(env *command.Env) *cobra.Command {
	p := &manual.Page{
		Use:   "version",
		Short: "what this is",
		About: "Prints the version, the Go release and the platform that it was built for.",
	}
	cmd := p.Command(func(context.Context, []string) error {
		_, err := fmt.Fprint(env.Stdout, versionText())
		return err
	})
	cmd.Args = cobra.NoArgs
	return cmd
}

// versionText is what `paceline version` and --version print.
func versionText() string {
	return fmt.Sprintf("paceline %s (%s, %s/%s)\n", command.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
