//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package keyboard

import (
	"errors"
	"os"
)

// Read returns an error where it is not known how.
func Read(*os.File, func()) (<-chan byte, func(), error) {
	return nil, nil, errors.ErrUnsupported
}
