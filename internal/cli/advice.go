package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/reach"
	"github.com/seed-1814a72b/paceline/internal/summary"
)

// advice says what to do about an error of the job itself.
func (s *session) advice(e *paceline.Error) string {
	at := s.pool.Faulty(e.Code)
	if e.NoAPI() {
		return addressAdvice(e, at)
	}
	switch e.Code {
	case paceline.CodeAuth:
		return at.KeyAdvice()
	case paceline.CodeModelNotFound:
		return fmt.Sprintf("%s has no such model: name another with -m", at.Host)
	case paceline.CodeQuota:
		return fmt.Sprintf("no quota or credit is left at %s: add some", at.Host)
	case paceline.CodeRedirect:
		return "the server redirects, and a key is not sent on to another address: correct " + at.Flag()
	case paceline.CodeTLS:
		return tlsAdvice(e, at)
	case paceline.CodeOutage:
		return s.outageAdvice(e)
	case paceline.CodeInvalidRequest, paceline.CodeContextTooLong, paceline.CodeTooLarge, paceline.CodeContentFilter:
		if !s.flags.NoStream && strings.Contains(strings.ToLower(e.Message), "stream") {
			return fmt.Sprintf("%s refuses every request; it may be unable to stream: add --no-stream", at.Host)
		}
		return fmt.Sprintf("%s refuses every request: correct what it names", at.Host)
	case paceline.CodeProxy:
		return "the proxy does not work: correct HTTPS_PROXY or HTTP_PROXY, or add the host to NO_PROXY"
	}
	return "the run cannot go on"
}

// tlsAdvice tells a server that speaks no TLS from one that is not to be trusted.
func tlsAdvice(e *paceline.Error, at *pool.Endpoint) string {
	if errors.Is(e, reach.ErrSpeaksTLS) {
		return fmt.Sprintf("%s speaks https, not http: correct %s to https://%s", at.Host, at.Flag(), strings.TrimPrefix(at.Shown, "http://"))
	}
	_, plain := errors.AsType[tls.RecordHeaderError](e)
	if plain || errors.Is(e, http.ErrSchemeMismatch) || errors.Is(e, reach.ErrSpeaksPlain) {
		return fmt.Sprintf("%s speaks http, not https: correct %s to http://%s", at.Host, at.Flag(), strings.TrimPrefix(at.Shown, "https://"))
	}
	return fmt.Sprintf("the certificate of %s cannot be trusted: correct %s, or name the file of a private authority with --ca-file", at.Host, at.Flag())
}

// addressAdvice says what is to be found where calls go, instead of an API.
func addressAdvice(e *paceline.Error, at *pool.Endpoint) string {
	found := "has nothing at the address that calls go to"
	switch e.Status {
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		found = "takes no POST at the address that calls go to"
	case http.StatusOK:
		found = "answers with a web page, not as an API: a site, or the login of a proxy"
	}
	return fmt.Sprintf("%s %s: correct %s, which is %s; it most often ends in /v1", at.Host, found, at.Flag(), at.Shown)
}

// outageAdvice tells a server that is not there from one that answered the last calls,
// each with an error.
func (s *session) outageAdvice(why *paceline.Error) string {
	e := &s.pool.Endpoints[0]
	if status := summary.AnsweredWith(why); status > 0 {
		return fmt.Sprintf("%s answered the last calls, one after the other, with an error (HTTP %d): it is at fault, or %s", s.pool.Host(), status, e.Flag())
	}
	if len(s.pool.Endpoints) > 1 {
		return fmt.Sprintf("none of %s answers: look at them, at the network and at --endpoint", s.pool.Host())
	}
	if last, ok := errors.AsType[*paceline.Error](why.Err); ok {
		return unreachedAdvice(last, e)
	}
	return fmt.Sprintf("%s does not answer: look at it, at the network and at %s", e.Host, e.Flag())
}

// unreachedAdvice says what to do about the only endpoint, of which nothing is heard.
func unreachedAdvice(last *paceline.Error, at *pool.Endpoint) string {
	switch reach.KindOf(last) {
	case reach.NoHost:
		return fmt.Sprintf("%s: correct %s, which is %s, or look at the network", reach.Words(last), at.Flag(), at.Shown)
	case reach.Foreign:
		return fmt.Sprintf("what %s answers is no HTTP: correct %s, which is %s", at.Host, at.Flag(), at.Shown)
	case reach.Closed:
		return fmt.Sprintf("%s refuses connections: start the server there, or correct %s, which is %s", at.Host, at.Flag(), at.Shown)
	}
	return fmt.Sprintf("%s does not answer: look at it, at the network and at %s, which is %s", at.Host, at.Flag(), at.Shown)
}
