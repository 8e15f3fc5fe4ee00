package cli

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

// A pool is the endpoints that a run spreads its calls over; most often one.
type pool struct {
	endpoints []endpoint
	noStream  bool
	blamed    atomic.Pointer[blame] // the last fault of the whole job
}

// A blame tells which endpoint showed that the job cannot go on.
type blame struct {
	code paceline.Code
	at   *endpoint
}

// findPool settles the endpoints and their keys. needKey is false for a run
// that sends nothing.
func findPool(env *command.Env, f *runFlags, needKey bool) (*pool, error) {
	p := &pool{noStream: f.noStream}
	specs := f.endpoints
	if f.endpointsFile != "" {
		var err error
		if specs, err = readSpecs(env, f.endpointsFile); err != nil {
			return p, err
		}
	}
	if len(specs) == 0 {
		e, err := findEndpoint(env.Getenv, f, needKey)
		p.endpoints = []endpoint{e}
		return p, err
	}
	for i := range specs {
		if specs[i].name == "" {
			specs[i].name = strconv.Itoa(i + 1)
		}
		if err := p.add(env.Getenv, &specs[i], needKey); err != nil {
			return p, fmt.Errorf("--endpoint %s: %w", specs[i].name, err)
		}
	}
	return p, nil
}

// add appends the endpoint of spec, unless another one is the same.
func (p *pool) add(getenv func(string) string, spec *endpointSpec, needKey bool) error {
	for i := range p.endpoints {
		switch e := &p.endpoints[i]; {
		case e.name == spec.name:
			return fmt.Errorf("name: endpoint %d has it, too; give each its own", i+1)
		case e.baseURL == spec.baseURL && e.keyEnv == spec.keyEnv:
			return fmt.Errorf("%s with this key is endpoint %s already; for a larger share give it a weight", e.shown, e.name)
		}
	}
	e, err := spec.settle(getenv, needKey)
	p.endpoints = append(p.endpoints, e)
	return err
}

// settle reads the endpoint's key. Only the key that key= names is sent to it.
func (s *endpointSpec) settle(getenv func(string) string, needKey bool) (endpoint, error) {
	u, err := parseBaseURL(s.baseURL)
	if err != nil {
		return endpoint{}, err
	}
	e := endpoint{baseURL: s.baseURL, shown: shownURL(u), host: u.Host, keyEnv: s.keyEnv,
		name: s.name, weight: s.weight, limitSet: s.limitSet, pooled: true}
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

// validate returns what the library would say of the endpoints.
func (p *pool) validate() error {
	for i := range p.endpoints {
		e := &p.endpoints[i]
		cfg := paceline.Config{Limits: e.library()}
		cfg.Models, cfg.Price = e.libraryModels(), anyPrice
		if err := errors.Join(e.provider(p.noStream).Validate(), cfg.Validate()); err != nil {
			return err
		}
	}
	return nil
}

// library returns the endpoints as the library takes them.
func (p *pool) library() []paceline.Endpoint {
	var list []paceline.Endpoint
	for i := range p.endpoints {
		e := &p.endpoints[i]
		list = append(list, paceline.Endpoint{
			Name: e.name, Provider: witness{e.provider(p.noStream), e, &p.blamed},
			Limits: e.library(), Models: e.libraryModels(), Weight: e.weight,
		})
	}
	return list
}

// anyPrice stands for the prices where only the form of limits is checked.
func anyPrice(string, paceline.Usage) paceline.Cost { return paceline.Cost{} }

// libraryModels returns the limits of single models as the library takes them.
func (e *endpoint) libraryModels() map[string]paceline.Limits {
	models := map[string]paceline.Limits{}
	for name, l := range e.models {
		models[name] = l.library()
	}
	return models
}

// host names the servers: their hosts, sorted, each once.
func (p *pool) host() string {
	var hosts []string
	for _, e := range p.endpoints {
		hosts = append(hosts, e.host)
	}
	slices.Sort(hosts)
	return strings.Join(slices.Compact(hosts), ", ")
}

// baseURLs returns the endpoints' base URLs.
func (p *pool) baseURLs() []string {
	var urls []string
	for _, e := range p.endpoints {
		urls = append(urls, e.baseURL)
	}
	return urls
}

// total adds a limit of the endpoints up; it is none as soon as one has none.
func (p *pool) total(of func(paceline.Limits) paceline.Rate) paceline.Rate {
	sum := of(p.endpoints[0].library())
	for i := range p.endpoints[1:] {
		r := of(p.endpoints[i+1].library())
		if r.IsZero() || sum.IsZero() {
			return paceline.Rate{}
		}
		sum.N += r.PerSecond() * sum.Per.Seconds()
	}
	return sum
}

// faulty returns the endpoint that showed a fault of the whole job, the first
// one if none is known to have.
func (p *pool) faulty(code paceline.Code) *endpoint {
	if b := p.blamed.Load(); b != nil && b.code == code {
		return b.at
	}
	return &p.endpoints[0]
}

// keys are the secrets of all endpoints; "" of those that have none.
func (p *pool) keys() (list []string) {
	for i := range p.endpoints {
		list = append(list, p.endpoints[i].key)
	}
	return list
}

// outLine says that an endpoint was taken out of the pool, and why.
func (p *pool) outLine(why *paceline.Error) string {
	todo := "its quota or credit is used up"
	for i := range p.endpoints {
		if e := &p.endpoints[i]; e.name == why.Endpoint && why.Code == paceline.CodeAuth {
			todo = e.keyAdvice()
		}
	}
	return fmt.Sprintf("endpoint %s gets no further calls, the others go on: %s (%v)", why.Endpoint, todo, why)
}

// A witness is a provider that notes which endpoint shows a fault of the whole
// job: the engine's error does not say.
type witness struct {
	openai.Provider
	at     *endpoint
	blamed *atomic.Pointer[blame]
}

// Attempt makes the provider's attempt.
func (w witness) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	resp, err := w.Provider.Attempt(ctx, req, emit)
	if e, ok := errors.AsType[*paceline.Error](err); ok && (e.Verdict() == paceline.VerdictJob || e.Status == http.StatusNotFound) {
		w.blamed.Store(&blame{e.Code, w.at})
	}
	return resp, err
}
