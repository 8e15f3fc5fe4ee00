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
