package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCommand(env *Env) *cobra.Command {
	p := &page{
		use:   "version",
		short: "what this is",
		about: "Prints the version, the Go release and the platform that it was built for.",
	}
	cmd := p.command(func(context.Context, []string) error {
		_, err := fmt.Fprint(env.Stdout, versionText())
		return err
	})
	cmd.Args = cobra.NoArgs
	return cmd
}

// versionText is what `paceline version` and --version print.
func versionText() string {
	return fmt.Sprintf("paceline %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// version returns the module's version as the build recorded it, else "devel".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
