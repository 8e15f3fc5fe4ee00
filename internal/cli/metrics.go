package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/metrics"
)

// metricsAddress returns where --metrics listens. A port alone is one of loopback;
// :PORT is one of every interface, as Prometheus and its exporters have it.
func metricsAddress(given string) (string, error) {
	if n, err := strconv.ParseUint(given, 10, 16); err == nil {
		return net.JoinHostPort("127.0.0.1", strconv.FormatUint(n, 10)), nil
	}
	_, port, err := net.SplitHostPort(given)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf("--metrics: %q is no address; write HOST:PORT, such as 127.0.0.1:9090, "+
			":9090 for every interface, or 9090 for this machine alone", given)
	}
	return given, nil
}

// checkMetrics refuses an address that is none.
func (f *runFlags) checkMetrics() error {
	if f.metrics == "" {
		if f.metricsLinger > 0 {
			return errors.New("--metrics-linger needs --metrics")
		}
		return nil
	}
	_, err := metricsAddress(f.metrics)
	return err
}

// A metricsServer serves /metrics from before the run until after it.
type metricsServer struct {
	registry *prometheus.Registry // of the run
	process  *prometheus.Registry
	server   *http.Server
	url      string
	served   sync.WaitGroup
	told     bool // there is an engine to tell of

	mu      sync.Mutex
	scraped chan struct{} // closed by the next scrape; nil: nobody waits for one
}

// startMetrics listens and serves what there is to tell of a process. An error
// says what to do.
func startMetrics(address string) (*metricsServer, error) {
	address, err := metricsAddress(address)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, metricsError(address, err)
	}
	m := &metricsServer{
		registry: prometheus.NewRegistry(), process: prometheus.NewRegistry(),
		url: "http://" + reachable(l.Addr()) + "/metrics",
	}
	m.process.MustRegister(collectors.NewGoCollector(), newProcessCollector())
	m.server = &http.Server{
		Handler: m.handler(), ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	m.served.Go(func() { _ = m.server.Serve(l) }) // it ends by close
	return m, nil
}

func metricsError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) || strings.Contains(err.Error(), "Only one usage of each socket address") {
		return fmt.Errorf("--metrics: %s is taken by another program; name another port, or port 0 for any that is free", address)
	}
	return fmt.Errorf("--metrics: cannot listen on %s: %w", address, command.Reason(err))
}

// reachable returns an address under which a listener is reached from this
// machine.
func reachable(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return a.String()
}

const metricsIndex = `<!DOCTYPE html><title>Paceline</title><h1>Paceline</h1><p><a href="/metrics">Metrics</a></p>
`

func (m *metricsServer) handler() http.Handler {
	exposition := promhttp.HandlerFor(prometheus.GathererFunc(m.gather), promhttp.HandlerOpts{
		// Compressing a page costs more than gathering it.
		EnableOpenMetrics: true, DisableCompression: true, MaxRequestsInFlight: 8, ErrorHandling: promhttp.HTTPErrorOnError,
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		wanted := m.wanted()
		exposition.ServeHTTP(w, r)
		if wanted != nil && m.flush(w) {
			m.satisfied(wanted)
		}
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, metricsIndex)
	})
	return mux
}

// gather returns what is told of the run, and behind it what every Go program tells: who
// reads it by hand sees the run first.
func (m *metricsServer) gather() ([]*dto.MetricFamily, error) {
	run, err := m.registry.Gather()
	process, processErr := m.process.Gather()
	return append(run, process...), errors.Join(err, processErr)
}

// flush hands what was written to the system, and reports whether it took it.
func (m *metricsServer) flush(w http.ResponseWriter) bool {
	return http.NewResponseController(w).Flush() == nil
}

// wanted returns what a scrape that begins now is to close, nil if nobody waits.
func (m *metricsServer) wanted() chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.scraped
}

// satisfied tells who waits for a scrape that there was one.
func (m *metricsServer) satisfied(scraped chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.scraped == scraped {
		close(scraped)
		m.scraped = nil
	}
}

// tell adds what an engine counts.
func (m *metricsServer) tell(eng metrics.Source, facts metrics.Facts) {
	if m != nil {
		m.registry.MustRegister(metrics.New(eng, facts))
		m.told = true
	}
}

// want returns what is closed once a scrape that began after now has been answered.
func (m *metricsServer) want() (scraped <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.scraped = make(chan struct{})
	return m.scraped
}

// linger waits, d at most, until scraped is closed.
func linger(ctx context.Context, scraped <-chan struct{}, d time.Duration) {
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-scraped:
	case <-late.C:
	case <-ctx.Done():
	}
}

// close ends the serving: scrapes that are under way get a second to end.
func (m *metricsServer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if m.server.Shutdown(ctx) != nil {
		m.server.Close()
	}
	m.served.Wait()
}

// metricFacts are what metrics tell that the engine does not know.
func (s *session) metricFacts() metrics.Facts {
	return metrics.Facts{
		Version: command.Version(), Expected: s.survey.items,
		BudgetUSD: s.flags.maxCost, Spent: s.before.Cost,
	}
}

// serveMetrics begins to serve metrics, if that was asked for. The caller calls
// stop at the end of the run.
func (s *session) serveMetrics() (stop func(context.Context), err error) {
	if s.flags.metrics == "" {
		return func(context.Context) {}, nil
	}
	if s.metrics, err = startMetrics(s.flags.metrics); err != nil {
		return nil, err
	}
	s.say("metrics at %s", s.metrics.url)
	return s.endMetrics, nil
}

// endMetrics lets the last values be read, if that was asked for. Who interrupted
// the run does not wait any more.
func (s *session) endMetrics(ctx context.Context) {
	s.interrupts.Attach(nil, s.env.Stderr) // from here on a signal ends the wait
	if d := s.flags.metricsLinger; d > 0 && s.metrics.told && !s.interrupts.Interrupted() {
		scraped := s.metrics.want() // before it is said: who reads it may scrape at once
		s.say("the metrics stay until they are read once more, for at most %s; Ctrl-C ends it", numeral.Duration(d))
		linger(ctx, scraped, d)
	}
	s.metrics.close()
}

var _ metrics.Source = (*paceline.Engine)(nil)
