package dash

import (
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// A Guard says who may see a page and give orders.
type Guard struct {
	// Hosts are the names by which the page may be asked for, beside the
	// addresses of the machine itself: localhost, 127.0.0.1, ::1. Any other name
	// is refused: a page from elsewhere whose name was made to point here
	// (DNS rebinding) has it in its requests. nil: any name may be used, which
	// needs a token.
	Hosts []string
	Token Token // zero: none is needed
	// Cookie is the name of the cookie that is kept instead of the token. Cookies
	// know no ports: pages of several runs on one host need several names.
	Cookie string
}

// csrfHeader is the header that orders must have, with a value that only the
// page and GET /state tell, and that no form and no other origin's script can
// send.
const csrfHeader = "X-Paceline-Csrf"

// policy lets the page load what comes from here and nothing else, run no script
// that stands in it, and be in no frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// protect is in front of everything.
func (g *Guard) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		switch {
		case !g.knows(r.Host):
			refuse(w, http.StatusMisdirectedRequest, fmt.Sprintf("this page is not called %q; open it by the address that was printed", r.Host))
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			refuse(w, http.StatusForbidden, "pages of other origins may not read this")
		case g.Token.IsZero() || g.Token.admits(r, g.Cookie):
			next.ServeHTTP(w, r)
		case r.URL.Path == "/" && r.Method == http.MethodGet && g.Token.is(r.URL.Query().Get("token")):
			g.letIn(w)
		default:
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "this page needs its token: open the address that was printed when the run began")
		}
	})
}

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// knows reports whether the page may be asked for by a Host header's name; its
// port may be another one, where it is reached through a tunnel.
func (g *Guard) knows(host string) bool {
	if g.Hosts == nil {
		return true
	}
	name := strings.ToLower(host)
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	for _, known := range append([]string{"localhost", "127.0.0.1", "::1"}, g.Hosts...) {
		if name == strings.ToLower(known) {
			return true
		}
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.IsLoopback()
}

// letIn gives the browser its cookie and sends it to the page without the token.
// That is a page of its own rather than a redirect: after a click on a link
// elsewhere a redirect would be asked for without the new cookie.
func (g *Guard) letIn(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: g.Cookie, Value: g.Token.pass(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// A browser that went away is not told.
	_, _ = w.Write([]byte(`<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Paceline</title>`))
}

// allowOrder reports whether a request may change something, beside what protect
// has seen to; if not, it has been answered.
func (d *Dash) allowOrder(w http.ResponseWriter, r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case http.NewCrossOriginProtection().Check(r) != nil:
		refuse(w, http.StatusForbidden, "orders come from the page itself only")
	case err != nil || kind != "application/json":
		refuse(w, http.StatusUnsupportedMediaType, "orders are JSON: Content-Type: application/json")
	case !equalSecrets(r.Header.Get(csrfHeader), d.csrf):
		refuse(w, http.StatusForbidden, "orders need the header "+csrfHeader+" with the value that GET /state has as csrf")
	default:
		return true
	}
	return false
}

// refuse answers with one line of plain text.
func refuse(w http.ResponseWriter, code int, why string) {
	http.Error(w, "paceline: "+why, code)
}
