//go:build !unix && !windows

package processor

import "time"

// Used returns 0: the system does not tell.
func Used() time.Duration { return 0 }
