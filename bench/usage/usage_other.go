//go:build !linux

package usage

import (
	"errors"
	"time"
)

// Of errs: it is known on Linux only.
func Of(int) (time.Duration, error) {
	return 0, errors.New("what another process has used is known on Linux only")
}
