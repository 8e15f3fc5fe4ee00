//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package keyboard

import "golang.org/x/sys/unix"

// The requests that get and set a terminal's settings, and what stands in them
// for a key that there is not.
const (
	getTermios  = unix.TIOCGETA
	noCharacter = 0xff
	setTermios  = unix.TIOCSETA
)
