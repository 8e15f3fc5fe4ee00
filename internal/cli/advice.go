package cli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-1814a72b/paceline"
)

// advice says what to do about an error of the job itself.
func (s *session) advice(e *paceline.Error) string {
	at := s.pool.faulty(e.Code)
	switch e.Code {
	case paceline.CodeAuth:
		return at.keyAdvice()
	case paceline.CodeModelNotFound:
		return fmt.Sprintf("%s has no such model: name another with -m", at.host)
	case paceline.CodeQuota:
		return fmt.Sprintf("no quota or credit is left at %s: add some", at.host)
	case paceline.CodeRedirect:
		return "the server redirects, and a key is not sent on to another address: correct " + at.flag()
	case paceline.CodeTLS:
		return fmt.Sprintf("the certificate of %s cannot be trusted: correct %s or the machine's certificates", at.host, at.flag())
	case paceline.CodeOutage:
		return s.outageAdvice(e)
	case paceline.CodeInvalidRequest, paceline.CodeContextTooLong, paceline.CodeTooLarge, paceline.CodeContentFilter:
		if e.Status == http.StatusNotFound {
			return fmt.Sprintf("%s has nothing at the address that calls go to: correct %s, which is %s; it most often ends in /v1", at.host, at.flag(), at.shown)
		}
		if !s.flags.noStream && strings.Contains(strings.ToLower(e.Message), "stream") {
			return fmt.Sprintf("%s refuses every request; it may be unable to stream: add --no-stream", at.host)
		}
		return fmt.Sprintf("%s refuses every request: correct what it names", at.host)
	case paceline.CodeProxy:
		return "the proxy does not work: correct HTTPS_PROXY or HTTP_PROXY, or add the host to NO_PROXY"
	}
	return "the run cannot go on"
}

func (e *endpoint) keyAdvice() string {
	switch {
	case e.keyEnv == "":
		return fmt.Sprintf("%s wants a key: add key= to --endpoint %s, with the name of the environment variable that holds it", e.host, e.name)
	case e.key == "":
		return fmt.Sprintf("%s wants a key: put one into %s", e.host, e.keyEnv)
	}
	return fmt.Sprintf("%s refused the key in %s: set one that it takes", e.host, e.keyEnv)
}

// outageAdvice tells a server that is not there from one that answers each call
// with an error.
func (s *session) outageAdvice(why *paceline.Error) string {
	e := &s.pool.endpoints[0]
	if status := answeredWith(why); status > 0 {
		return fmt.Sprintf("%s answers every call with an error (HTTP %d): it is at fault, or %s", s.pool.host(), status, e.flag())
	}
	if len(s.pool.endpoints) > 1 {
		return fmt.Sprintf("none of %s answers: look at them, at the network and at --endpoint", s.pool.host())
	}
	return fmt.Sprintf("%s does not answer: look at it, at the network and at %s", e.host, e.flag())
}

// answeredWith returns the HTTP status of the answer for which an outage was
// declared, 0 if there was none.
func answeredWith(outage *paceline.Error) int {
	if last, ok := errors.AsType[*paceline.Error](outage.Err); ok {
		return last.Status
	}
	return 0
}
