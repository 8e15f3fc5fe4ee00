package openai

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
	"github.com/seed-1814a72b/paceline/internal/multiplex"
)

// connectError classifies an exchange that got no answer.
func (x *exchange) connectError(err error, req *http.Request) *paceline.Error {
	if x.ctx.Err() != nil {
		return x.canceled()
	}
	e := &paceline.Error{Code: paceline.CodeConnection, Err: err, MaybeBilled: x.written.Load(), Stale: x.kept.stale()}
	if u, ok := errors.AsType[*url.Error](err); ok {
		e.Err = u.Err // a custom transport's; it repeats the address
	}
	switch proxy := asProxyError(err, x.rt, req); {
	case multiplex.Refused(err):
		e.Code, e.Remote, e.MaybeBilled, e.Stale = paceline.CodeThrottled, true, false, false
		e.Message = "the server has refused the stream, unprocessed (HTTP/2, REFUSED_STREAM)"
	case isLocal(err):
		e.Code = paceline.CodeLocal
	case proxy != nil:
		e.Code, e.Err = paceline.CodeProxy, proxy
	case isTLS(err):
		e.Code = paceline.CodeTLS
	case isHeaderTooLarge(err):
		e.Code = paceline.CodeTooLong
	case e.MaybeBilled && isTimeout(err):
		e.Code = paceline.CodeTimeout // a custom transport's deadline for the header
	}
	return e
}

// isLocal reports that this machine, not the other, has run out of something:
// file descriptors, ports, buffers.
func isLocal(err error) bool {
	for _, no := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// isTLS reports a failure that trying again cannot heal: a certificate that
// does not verify, or a server that does not speak TLS.
func isTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	return errors.Is(err, http.ErrSchemeMismatch)
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// isHeaderTooLarge looks at net/http's text, since that has no type for it; a test
// holds the two together.
func isHeaderTooLarge(err error) bool {
	return errors.Is(err, http1.ErrHeaderTooLarge) || strings.Contains(err.Error(), "server response headers exceeded")
}
