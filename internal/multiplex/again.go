package multiplex

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// mostTries is how often a request is sent again that was not processed; net/http
// does it as often.
const mostTries = 6

// refusedStream is REFUSED_STREAM (RFC 9113, section 7).
const refusedStream = 7

// A StreamError is the form in which net/http gives its own, which has no name
// outside of it, to [errors.As].
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

// Error implements error.
func (e streamError) Error() string { return "http2: stream error" }

// unprocessed reports whether a request has certainly not been processed. Two of
// net/http's errors that say so have neither name nor type; tests hold their
// texts.
func unprocessed(err error) bool {
	return surplus(err) || errors.Is(err, errBarren) || goneAway(err)
}

// Reset reports whether a server has ended a request's stream alone, and with that
// said that its connection is alive. It knows net/http's errors too.
func Reset(err error) bool {
	_, ok := errors.AsType[streamError](err)
	return ok && !errors.Is(err, errBarren)
}

// Refused reports whether a server has refused a request's stream, and says with that
// that it has not processed it (REFUSED_STREAM): later it may. It knows net/http's
// errors too.
func Refused(err error) bool {
	e, ok := errors.AsType[streamError](err)
	return ok && e.Code == refusedStream && !errors.Is(err, errBarren)
}

// surplus reports whether a request has certainly not been processed, since there are
// too many on its connection.
func surplus(err error) bool {
	if e, ok := errors.AsType[streamError](err); ok {
		return e.Code == refusedStream
	}
	return errors.Is(err, errCrowded)
}

// goneAway reports whether a request has certainly not been processed, since its
// connection takes none any more.
func goneAway(err error) bool {
	text := err.Error()
	return strings.HasSuffix(text, "client conn not usable") ||
		strings.HasSuffix(text, "client conn could not be established") ||
		strings.HasSuffix(text, "Transport received Server's graceful shutdown GOAWAY")
}

// An endedError is errBarren of a connection that took calls until it was ended.
type endedError struct {
	on  *member
	why error
}

// Error implements error.
func (e *endedError) Error() string { return errBarren.Error() + ": " + e.why.Error() }

// Unwrap is for errors.Is and errors.As.
func (e *endedError) Unwrap() []error { return []error{errBarren, e.why} }

// barrens are the barren connections that a request has met.
type barrens struct {
	n     int
	first *member // nil: one that took no call at all
}

// enough reports whether a request that has failed so is not to be sent again: two
// connections were barren, and the first has answered none of its other calls since.
// A server that ends its connections after some calls each may end two in a row
// before the first answers on them.
func (b *barrens) enough(err error) bool {
	if !errors.Is(err, errBarren) {
		return false
	}
	if b.n++; b.n > 1 {
		return b.first == nil || b.first.silent()
	}
	if ended, ok := errors.AsType[*endedError](err); ok {
		b.first = ended.on
	}
	return false
}

// again returns the request to be sent once more, at once the first time, after
// some seconds later on; or why it cannot be.
func again(req *http.Request, why error, tries int) (*http.Request, error) {
	next := *req
	if req.Body != nil && req.Body != http.NoBody {
		if req.GetBody == nil {
			return nil, why
		}
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		next.Body = body
	}
	if tries == 0 {
		return &next, nil
	}
	wait := time.Second << (tries - 1)
	timer := time.NewTimer(wait + rand.N(wait/10))
	defer timer.Stop()
	select {
	case <-timer.C:
		return &next, nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}
