package openai

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
)

// A setup is what all calls of a provider need alike. It is made at the first of
// them and kept for the life of the process: a provider is a value and has no
// place of its own for it.
type setup struct {
	err       error // why the provider cannot be used
	base      *url.URL
	key       string
	secrets   secrets
	transport http.RoundTripper
	header    http.Header // keeps the address in a setupKey from being another's
	routes    bounded[string, *route]
	usual     atomic.Pointer[route] // that of chat completions; nil: not asked for yet
}

// A setupKey tells providers apart, as far as their setups differ. Headers are not
// changed while a provider is in use, so that one is known by its address.
type setupKey struct {
	key, baseURL, keyHeader string
	header                  uintptr
	fields                  int
	maxLine                 int
	maxBody                 int64
}

var setups bounded[setupKey, *setup]

// latest is the setup that was made last, which the next call wants where there is one
// provider: its key is compared, and not hashed.
var latest atomic.Pointer[knownSetup]

type knownSetup struct {
	key setupKey
	*setup
}

// setup returns what the provider's calls need, with the transport that they take.
func (p *Provider) setup() (*setup, http.RoundTripper) {
	k := setupKey{p.Key, p.BaseURL, p.KeyHeader, reflect.ValueOf(p.Header).Pointer(), len(p.Header), p.MaxLine, p.MaxBody}
	s := setupOf(k)
	if s == nil {
		s = p.firstSetup(k)
	}
	if p.Transport != nil {
		return s, p.Transport
	}
	return s, s.transport
}

// firstSetup makes the setup, and keeps it.
//
//go:noinline
func (p *Provider) firstSetup(k setupKey) *setup {
	s := p.newSetup()
	setups.put(k, s)
	latest.Store(&knownSetup{k, s})
	return s
}

// setupOf returns the setup that is known by k, or nil.
func setupOf(k setupKey) *setup {
	if l := latest.Load(); l != nil && l.key == k {
		return l.setup
	}
	s, _ := setups.get(k)
	return s
}

func (p Provider) newSetup() *setup {
	s := &setup{err: p.Validate(), header: p.Header}
	if s.err != nil {
		return s
	}
	s.base, _ = p.base() // which Validate has tried
	s.key, _ = cleanKey(p.Key)
	s.secrets = newSecrets(s.key, s.base, p.Header)
	p.Transport = nil
	s.transport = p.transport(s.base)
	return s
}

// A route is what calls of one path need alike.
type route struct {
	url     *url.URL
	address string // host and port of url
	family  family
	heads   [2][]byte      // what a request begins with: for a whole answer, for a stream
	spans   spans          // of its streams that nobody watches
	headers [2]http.Header // the same for net/http; nobody writes to them
}

// route returns that of a path; bad says why it can be none.
func (s *setup) route(p *Provider, path string) (r *route, bad string) {
	if path == "" {
		path = paceline.ChatCompletions
	}
	if path == paceline.ChatCompletions {
		if r := s.usual.Load(); r != nil {
			return r, ""
		}
	}
	if r, ok := s.routes.get(path); ok {
		return r, ""
	}
	if bad := badPath(path); bad != "" {
		return nil, bad
	}
	return s.newRoute(p, path), ""
}

func (s *setup) newRoute(p *Provider, path string) *route {
	to := endpoint(s.base, path)
	r := &route{url: to, address: http1.Address(to), family: familyOf(path)}
	for i, stream := range []bool{false, true} {
		fields := s.fields(*p, stream)
		r.heads[i], r.headers[i] = head(r.url, fields), header(fields)
	}
	s.routes.put(strings.Clone(path), r)
	if path == paceline.ChatCompletions {
		s.usual.Store(r)
	}
	return r
}

// bounded is a map that is read without a lock, and forgets everything when it is
// full. The zero value is empty. It is safe for concurrent use.
type bounded[K comparable, V any] struct {
	mu  sync.Mutex // of those that write
	all atomic.Pointer[map[K]V]
}

const maxBounded = 256

func (b *bounded[K, V]) get(k K) (v V, ok bool) {
	if all := b.all.Load(); all != nil {
		v, ok = (*all)[k]
	}
	return v, ok
}

func (b *bounded[K, V]) put(k K, v V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := make(map[K]V)
	if all := b.all.Load(); all != nil && len(*all) < maxBounded {
		for k, v := range *all {
			next[k] = v
		}
	}
	next[k] = v
	b.all.Store(&next)
}
