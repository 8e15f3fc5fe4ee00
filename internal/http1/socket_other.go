//go:build !unix

package http1

import "net"

// A socket reads a connection without holding a buffer while it waits. There is
// none on this system.
type socket struct{}

func newSocket(net.Conn) *socket { return nil }

func (*socket) fill(*conn) error { panic("http1: no socket") }

func (*socket) silent() bool { panic("http1: no socket") }

func (*socket) take() (int, error) { panic("http1: no socket") }
