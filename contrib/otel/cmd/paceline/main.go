// Command paceline is Paceline's command line with OpenTelemetry: --otel.
package main

import (
	"context"
	"os"

	"github.com/seed-1814a72b/paceline/contrib/otel"
	"github.com/seed-1814a72b/paceline/internal/cli"
	"github.com/seed-1814a72b/paceline/internal/command"
)

func main() {
	os.Exit(cli.Run(func(env *command.Env) {
		env.Telemetry = func(ctx context.Context, version string, warn func(error)) (command.Telemetry, error) {
			return otel.Start(ctx, version, warn)
		}
	}))
}
