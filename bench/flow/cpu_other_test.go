//go:build !unix

package flow

import "time"

var started = time.Now()

// cpu returns the time that has passed, which is more than the processor time.
func cpu() time.Duration { return time.Since(started) }
