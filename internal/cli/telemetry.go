package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// lastExport is how long the last export may take, after the run.
const lastExport = 5 * time.Second

// defineTelemetry defines --otel, and hides it where it leads to an error only.
func (f *runFlags) defineTelemetry(s *pflag.FlagSet, built bool) {
	s.BoolVar(&f.otel, "otel", false, "tell OpenTelemetry of every request, by OTLP: a span and the metrics gen_ai.client.*, as the OTEL_* variables say (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, ...)")
	f.noTelemetry = !built
	s.Lookup("otel").Hidden = !built
}

// checkTelemetry refuses --otel in a program without it.
func (f *runFlags) checkTelemetry() error {
	if f.otel && f.noTelemetry {
		return errors.New("--otel: this program was built without OpenTelemetry; 'make build-otel' in the sources builds one with it (docs/metrics.md)")
	}
	return nil
}

// startTelemetry begins to tell, if that was asked for. The caller calls stop at
// the end of the run.
func (s *session) startTelemetry(ctx context.Context) (stop func(), err error) {
	if !s.flags.otel {
		return func() {}, nil
	}
	s.telemetry, err = s.env.Telemetry(ctx, command.Version(), s.telemetryFails)
	if err != nil {
		return nil, fmt.Errorf("--otel: %w", err)
	}
	return s.endTelemetry, nil
}

// telemetryFails says what could not be told. The run goes on.
func (s *session) telemetryFails(err error) {
	fmt.Fprint(s.notices(s.interrupts.Output()), tamed.Text(fmt.Sprintf("paceline: --otel: %s\n", prose.OneLine(err))))
}

func (s *session) endTelemetry() {
	ctx, cancel := context.WithTimeout(context.Background(), lastExport)
	defer cancel()
	if err := s.telemetry.Shutdown(ctx); err != nil {
		s.say("--otel: what was measured last could not be told: %s", prose.OneLine(err))
	}
}
