// Package pool is the endpoints that a run spreads its calls over, with their keys
// and the limits that were given for them, as the command line names them.
package pool

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

// A Pool is the endpoints that a run spreads its calls over; most often one.
type Pool struct {
	Endpoints []Endpoint
	noStream  bool
	secure    http.RoundTripper     // to endpoints with TLS; nil: the usual one
	blamed    atomic.Pointer[blame] // the last fault of the whole job
}

// A blame tells which endpoint showed that the job cannot go on.
type blame struct {
	code paceline.Code
	at   *Endpoint
}

// Find settles the endpoints, their keys, and whom they are vouched for by. needKey
// is false for a run that sends nothing.
func Find(env *command.Env, f *Flags, needKey bool) (*Pool, error) {
	p := &Pool{noStream: f.NoStream}
	if err := p.find(env, f, needKey); err != nil {
		return p, err
	}
	return p, p.trust(env, f.caFile)
}

// find settles the endpoints and their keys.
func (p *Pool) find(env *command.Env, f *Flags, needKey bool) error {
	specs := f.endpoints
	if f.endpointsFile != "" {
		var err error
		if specs, err = readSpecs(env, f.endpointsFile); err != nil {
			return err
		}
	}
	if len(specs) == 0 {
		e, err := findEndpoint(env.Getenv, f, needKey)
		p.Endpoints = []Endpoint{e}
		return err
	}
	for i := range specs {
		if specs[i].name == "" {
			specs[i].name = strconv.Itoa(i + 1)
		}
		if err := p.add(env.Getenv, &specs[i], needKey); err != nil {
			return fmt.Errorf("--endpoint %s: %w", specs[i].name, err)
		}
	}
	return nil
}

// add appends the endpoint of spec, unless another one is the same.
func (p *Pool) add(getenv func(string) string, spec *endpointSpec, needKey bool) error {
	for i := range p.Endpoints {
		switch e := &p.Endpoints[i]; {
		case e.Name == spec.name:
			return fmt.Errorf("name: endpoint %d has it, too; give each its own", i+1)
		case e.BaseURL == spec.baseURL && e.keyEnv == spec.keyEnv:
			return fmt.Errorf("%s with this key is endpoint %s already; for a larger share give it a weight", e.Shown, e.Name)
		}
	}
	e, err := spec.settle(getenv, needKey)
	p.Endpoints = append(p.Endpoints, e)
	return err
}

// settle reads the endpoint's key. Only the key that key= names is sent to it.
func (s *endpointSpec) settle(getenv func(string) string, needKey bool) (Endpoint, error) {
	u, err := parseBaseURL(s.baseURL)
	if err != nil {
		return Endpoint{}, err
	}
	e := Endpoint{BaseURL: s.baseURL, Shown: ShownURL(u), Host: u.Host, keyEnv: s.keyEnv,
		Name: s.name, weight: s.weight, Limits: s.Limits, pooled: true}
	if s.keyEnv == "" {
		if needKey && !isOwnServer(u.Hostname()) {
			return e, fmt.Errorf("%s wants a key; add key= with the name of the environment variable that holds it", u.Host)
		}
		return e, nil
	}
	if e.key, err = readKey(getenv, s.keyEnv); err != nil {
		return e, fmt.Errorf("key: %w", err)
	}
	if e.key == "" && needKey {
		return e, unset(s.keyEnv)
	}
	return e, nil
}

// Validate returns what the library would say of the endpoints.
func (p *Pool) Validate() error {
	for i := range p.Endpoints {
		e := &p.Endpoints[i]
		cfg := paceline.Config{Limits: e.Library()}
		cfg.Models, cfg.Price = e.libraryModels(), AnyPrice
		if err := errors.Join(p.provider(e).Validate(), cfg.Validate()); err != nil {
			return err
		}
	}
	return nil
}

// Library returns the endpoints as the library takes them.
func (p *Pool) Library() []paceline.Endpoint {
	var list []paceline.Endpoint
	for i := range p.Endpoints {
		e := &p.Endpoints[i]
		list = append(list, paceline.Endpoint{
			Name: e.Name, Provider: newWitness(p.provider(e), e, &p.blamed),
			Limits: e.Library(), Models: e.libraryModels(), Weight: e.weight,
		})
	}
	return list
}

// AnyPrice stands for the prices where only the form of limits is checked.
func AnyPrice(string, paceline.Usage) paceline.Cost { return paceline.Cost{} }

// libraryModels returns the limits of single models as the library takes them.
func (e *Endpoint) libraryModels() map[string]paceline.Limits {
	models := map[string]paceline.Limits{}
	for name, l := range e.Models {
		models[name] = l.Library()
	}
	return models
}

// Host names the servers: their hosts, sorted, each once.
func (p *Pool) Host() string {
	var hosts []string
	for _, e := range p.Endpoints {
		hosts = append(hosts, e.Host)
	}
	slices.Sort(hosts)
	return strings.Join(slices.Compact(hosts), ", ")
}

// BaseURLs returns the endpoints' base URLs.
func (p *Pool) BaseURLs() []string {
	var urls []string
	for _, e := range p.Endpoints {
		urls = append(urls, e.BaseURL)
	}
	return urls
}

// Total adds a limit of the endpoints up; it is none as soon as one has none.
func (p *Pool) Total(of func(paceline.Limits) paceline.Rate) paceline.Rate {
	sum := of(p.Endpoints[0].Library())
	for i := range p.Endpoints[1:] {
		r := of(p.Endpoints[i+1].Library())
		if r.IsZero() || sum.IsZero() {
			return paceline.Rate{}
		}
		sum.N += r.PerSecond() * sum.Per.Seconds()
	}
	return sum
}

// Faulty returns the endpoint that showed a fault of the whole job, the first
// one if none is known to have.
func (p *Pool) Faulty(code paceline.Code) *Endpoint {
	if b := p.blamed.Load(); b != nil && b.code == code {
		return b.at
	}
	return &p.Endpoints[0]
}

// Keys are the secrets of all endpoints; "" of those that have none.
func (p *Pool) Keys() (list []string) {
	for i := range p.Endpoints {
		list = append(list, p.Endpoints[i].key)
	}
	return list
}

// OutLine says that an endpoint was taken out of the pool, and why.
func (p *Pool) OutLine(why *paceline.Error) string {
	todo := "its quota or credit is used up"
	for i := range p.Endpoints {
		if e := &p.Endpoints[i]; e.Name == why.Endpoint && why.Code == paceline.CodeAuth {
			todo = e.KeyAdvice()
		}
	}
	return fmt.Sprintf("endpoint %s gets no further calls, the others go on: %s (%v)", why.Endpoint, todo, why)
}

// A witness is a provider that notes which endpoint shows a fault of the whole
// job: the engine's error does not say.
type witness struct {
	openai.Provider
	sends  paceline.Provider // the same, on smaller stacks
	at     *Endpoint
	blamed *atomic.Pointer[blame]
	scout  *scout
}

func newWitness(p openai.Provider, at *Endpoint, blamed *atomic.Pointer[blame]) *witness {
	return &witness{Provider: p, sends: p.Compact(), at: at, blamed: blamed, scout: newScout(at.BaseURL)}
}

// Attempt makes the provider's attempt.
func (w *witness) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	if w.scout.takes() {
		return w.watched(ctx, req, emit)
	}
	resp, err := w.sends.Attempt(ctx, req, emit)
	if err != nil {
		w.note(err)
	}
	return resp, err
}

// watched makes an attempt of which it is not known yet whether the server speaks what its
// address says.
//
//go:noinline
func (w *witness) watched(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	resp, err := w.scout.watch(ctx, func(ctx context.Context) (*paceline.Response, error) {
		return w.sends.Attempt(ctx, req, emit)
	})
	if err != nil {
		w.note(err)
	}
	return resp, err
}

// note notes a fault of the whole job.
//
//go:noinline
func (w *witness) note(err error) {
	if e, ok := errors.AsType[*paceline.Error](err); ok && (e.Verdict() == paceline.VerdictJob || e.NoAPI()) {
		w.blamed.Store(&blame{e.Code, w.at})
	}
}
