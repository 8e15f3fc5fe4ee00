// Package reach says in words why an endpoint gives no answers, and finds out whether
// its address names the wrong one of http and https.
package reach

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
	"github.com/seed-1814a72b/paceline/internal/prose"
)

// A Kind is what kept a call from being answered, as far as the remedies differ.
type Kind uint8

// The kinds.
const (
	Other    Kind = iota
	NoHost        // no host has this name, or so the resolver says
	NoName        // the name cannot be looked up at the moment
	Closed        // the host lets nobody connect at this port
	NoRoute       // the network does not lead there
	HungUp        // the connection was closed before anything came
	Foreign       // what came is no HTTP
	Silent        // a connection, or its TLS, is not made in time
	Answered      // the server said it: there is a status
)

// KindOf classifies a failure.
func KindOf(e *paceline.Error) Kind {
	if e.Status != 0 {
		return Answered
	}
	if dns, ok := errors.AsType[*net.DNSError](e); ok {
		if dns.IsNotFound {
			return NoHost
		}
		return NoName
	}
	return connectionKind(e)
}

func connectionKind(e *paceline.Error) Kind {
	switch {
	case isAny(e, refused):
		return Closed
	case isAny(e, unreachable):
		return NoRoute
	case e.Code != paceline.CodeConnection:
		return Other
	case isTimeout(e):
		return Silent
	case errors.Is(e, http1.ErrMalformed):
		return Foreign
	case isAny(e, hungUp):
		return HungUp
	}
	return Other
}

// The system's numbers; those of Windows (WSAECONNREFUSED and the like) are not
// among Go's own there, and no other system has errors as high.
var (
	refused     = []error{syscall.ECONNREFUSED, syscall.Errno(10061)}
	unreachable = []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.Errno(10051), syscall.Errno(10065)}
	hungUp      = []error{io.EOF, io.ErrUnexpectedEOF, http1.ErrNoAnswer, syscall.ECONNRESET, syscall.EPIPE, syscall.Errno(10054)}
)

func isAny(err error, list []error) bool {
	for _, one := range list {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// Words says on one line why a call was not answered, the cause first, since lines are
// cut at their end.
func Words(e *paceline.Error) string {
	switch KindOf(e) {
	case NoHost:
		return "no host is called " + lookup(e).Name
	case NoName:
		return "the name " + lookup(e).Name + " cannot be looked up: " + lookup(e).Err
	case Closed:
		return addressOf(e) + " refuses connections"
	case NoRoute:
		return "the network does not lead to " + addressOf(e)
	case HungUp:
		return "the server closes connections without an answer"
	case Foreign:
		return "what the server answers is no HTTP"
	case Silent:
		return "the server does not take connections: " + prose.OneLine(cause(e))
	case Answered:
		return fmt.Sprintf("the server answers HTTP %d: %s", e.Status, prose.OneLine(cause(e)))
	}
	return prose.OneLine(e)
}

// cause returns what is said of the failure beside its code.
func cause(e *paceline.Error) error {
	if e.Message != "" || e.Err == nil {
		return errors.New(e.Message)
	}
	return e.Err
}

// lookup returns the resolver's error, of a failure that is one.
func lookup(e *paceline.Error) *net.DNSError {
	dns, _ := errors.AsType[*net.DNSError](e)
	return dns
}

// addressOf returns the address that was to be connected to.
func addressOf(e *paceline.Error) string {
	if op, ok := errors.AsType[*net.OpError](e); ok && op.Addr != nil {
		return op.Addr.String()
	}
	return "the server"
}
