//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package cli

import (
	"errors"
	"os"
)

// readKeys implements [Env.Keys] where it is not known how: there are none.
func readKeys(*os.File, func()) (<-chan byte, func(), error) {
	return nil, nil, errors.ErrUnsupported
}
