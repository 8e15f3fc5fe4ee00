package pool

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

// trust has the pool's endpoints verified by the authorities of --ca-file too. An
// empty name changes nothing.
func (p *Pool) trust(env *command.Env, name string) error {
	if name == "" {
		return nil
	}
	if !slices.ContainsFunc(p.Endpoints, Endpoint.secure) {
		return fmt.Errorf("--ca-file goes with an https:// address, and none is: leave it out, or write https://%s", p.Endpoints[0].Host)
	}
	text, err := command.Contents(env, name)
	if err != nil {
		return fmt.Errorf("--ca-file: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil { // there is none: these are all
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("--ca-file: %s has no certificate in it; it is to be PEM text, with lines like -----BEGIN CERTIFICATE-----", name)
	}
	t := openai.NewTransport()
	t.TLSClientConfig = &tls.Config{RootCAs: roots}
	p.secure = openai.NewMultiplexed(t)
	return nil
}

// provider returns what speaks to one of the endpoints.
func (p *Pool) provider(e *Endpoint) openai.Provider {
	q := e.Provider(p.noStream)
	if e.secure() {
		q.Transport = p.secure
	}
	return q
}

// secure reports whether TLS is spoken to the endpoint.
func (e Endpoint) secure() bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(e.BaseURL)), "https://")
}
