package keyboard

import "golang.org/x/sys/unix"

// The requests that get and set a terminal's settings, and what stands in them
// for a key that there is not.
const (
	getTermios  = unix.TCGETS
	noCharacter = 0
	setTermios  = unix.TCSETS
)
