package command

import (
	"context"

	"github.com/seed-1814a72b/paceline"
)

// A Telemetry tells others of each request that a run sends. It is safe for
// concurrent use.
type Telemetry interface {
	// Wrap returns p, and tells of its attempts. baseURL is the endpoint's.
	Wrap(p paceline.Provider, baseURL string) paceline.Provider
	// Shutdown tells what has not been told yet, until ctx ends.
	Shutdown(ctx context.Context) error
}

// A Telemetries begins a [Telemetry]; warn is told of what fails later.
type Telemetries func(ctx context.Context, version string, warn func(error)) (Telemetry, error)
