package cli

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/pool"
)

// A wiretap takes the place of the network: it keeps what would be sent.
type wiretap struct {
	body []byte
	url  string // without its query, in which some put a key
}

var errNotSent = errors.New("a dry run sends nothing")

// RoundTrip reads the request and fails.
func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	w.url = pool.ShownURL(r.URL)
	var err error
	if w.body, err = io.ReadAll(r.Body); err != nil {
		return nil, err
	}
	return nil, errNotSent
}

// onTheWire returns a request as the provider sends it.
func onTheWire(ctx context.Context, e *pool.Endpoint, req *paceline.Request, noStream bool) (*wiretap, error) {
	tap := &wiretap{}
	p := e.Provider(noStream)
	p.Transport = tap
	_, err := p.Attempt(ctx, req, func(paceline.Delta) {})
	if tap.body == nil {
		return nil, err
	}
	return tap, nil
}
