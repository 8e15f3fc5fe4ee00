package sim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Server is the simulated provider. Make it with [New], serve it by
// [Server.HTTPServer], [Network.Serve] or any other HTTP server, and end it
// with [Server.Close]. It is safe for concurrent use.
type Server struct {
	cfg     Config
	rates   Rates
	started time.Time
	ledger  *ledger
	meter   *meter
	slots   chan struct{} // nil: any number at once
	schemas schemaCache
	seen    counter // of bodies, if chance is to differ between their requests
	quota   counter // of requests by key

	mu     sync.Mutex
	queued []string // faults of the next requests
	closed chan struct{}
	isDone bool
	conns  map[net.Conn]struct{} // hijacked
	calls  sync.WaitGroup        // Add is called under mu, and not once isDone
}

// New returns a server of the given behaviour, or one error that names every
// wrong field. Within a testing/synctest bubble, call it inside the bubble.
func New(cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg:     cfg.completed(),
		rates:   cfg.rates(),
		started: time.Now(),
		ledger:  newLedger(cfg.KeepRequests),
		meter:   newMeter(cfg.Limits, cfg.ModelLimits),
		closed:  make(chan struct{}),
		conns:   map[net.Conn]struct{}{},
	}
	if cfg.Concurrency > 0 {
		s.slots = make(chan struct{}, cfg.Concurrency)
	}
	return s, nil
}

// Ledger returns what has been seen so far. A call stands in it once its
// handler has ended, which may be just after the client has the answer: for a
// complete account, call [Server.Close] first.
func (s *Server) Ledger() Ledger { return s.ledger.snapshot() }

// Inject gives the next requests these faults, one each, in the order of
// arrival; "" is none. They come before the faults of markers and rates.
func (s *Server) Inject(faults ...string) error {
	for _, f := range faults {
		if f == "" {
			continue
		}
		if err := checkFault(f); err != nil {
			return fmt.Errorf("sim: inject: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queued = append(s.queued, faults...)
	return nil
}

// Close ends every call, drops their connections and returns when all have
// ended. Requests that come later get a 503. It may be called again.
//
// A call that is blocked writing to a client that does not read ends when its
// HTTP server closes: close that first.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.isDone {
		s.isDone = true
		close(s.closed)
	}
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.calls.Wait()
	return nil
}

// HTTPServer returns a server of s that counts connections in the ledger.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s,
		ConnState:         s.ConnState,
		ReadHeaderTimeout: time.Minute,
		MaxHeaderBytes:    1 << 20,
	}
}

// ConnState counts connections; it is meant for [http.Server.ConnState].
func (s *Server) ConnState(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.ledger.connected()
	}
}

// ServeHTTP answers chat completions, embeddings, the list of models and
// /stats, below any prefix.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch {
	case strings.HasSuffix(path, "/chat/completions"):
		s.post(w, r, (*call).chat)
	case strings.HasSuffix(path, "/embeddings"):
		s.post(w, r, (*call).embed)
	case path == "/stats":
		s.get(w, r, s.serveStats)
	case strings.HasSuffix(path, "/models"):
		s.get(w, r, s.serveModels)
	default:
		errUnknownPath(r).write(w)
	}
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request)) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		errMethod(r).write(w)
		return
	}
	serve(w, r)
}

func (s *Server) post(w http.ResponseWriter, r *http.Request, answer func(*call)) {
	if r.Method != http.MethodPost {
		errMethod(r).write(w)
		return
	}
	if !s.enter() {
		errClosed.write(w)
		return
	}
	defer s.calls.Done()
	c := s.newCall(w, r)
	defer c.finish()
	if c.read() && c.admit() {
		answer(c)
	}
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isDone {
		return false
	}
	s.calls.Add(1)
	return true
}

// nextQueued takes the next injected fault.
func (s *Server) nextQueued() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queued) == 0 {
		return ""
	}
	f := s.queued[0]
	s.queued = s.queued[1:]
	return f
}

// keep has Close end a hijacked connection; it reports false when it is too
// late for that.
func (s *Server) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	return !s.isDone
}

func (s *Server) forget(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// sleep waits until the given time. It reports false when ctx or the server
// ended first.
func (s *Server) sleep(ctx context.Context, until time.Time) bool {
	d := time.Until(until)
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.closed:
	}
	return false
}

// counter counts by a hash. It is safe for concurrent use.
type counter struct {
	mu sync.Mutex
	n  map[uint64]int
}

// add counts h and returns how often it has been counted, this time included.
func (c *counter) add(h uint64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[uint64]int{}
	}
	c.n[h]++
	return c.n[h]
}
