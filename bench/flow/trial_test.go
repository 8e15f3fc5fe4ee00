package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// A trial is one run of items through an engine and a simulated provider.
type trial struct {
	seed    uint64
	phases  []phase       // of the provider; each from its time on
	delay   sim.Durations // of the network, each way
	stops   *stops        // when the provider stands still; nil: never
	cfg     paceline.Config
	items   int64
	until   time.Duration // the engine is shut down then, without a row for what waits; 0: never
	mayFail bool          // items that fail are a figure, not a fault of the measurement
	whole   bool          // ask for answers unstreamed
	beside  time.Duration // another client of the same key sends a request so often; 0: there is none
	batch   int64         // wait for all of so many before the next begin; 0: no barrier

	request func(i int64, chance *rand.Rand) *paceline.Request // nil: a short question
}

// A phase is how the provider behaves from a time on.
type phase struct {
	from time.Duration
	sim  sim.Config
}

// one is a provider that does not change.
func one(cfg sim.Config) []phase { return []phase{{sim: cfg}} }

// A report is what a trial came to.
type report struct {
	began    time.Time
	took     time.Duration
	items    int64 // taken from the source
	requests int64
	sum      paceline.Summary // of the last batch
	refused  int64            // by the provider's ledger
	arrivals []sim.Record     // in the order of arrival, of all phases
	others   []sim.Record     // likewise, of another client
	cuts     map[int64][]cut  // attempts that we cancelled at a deadline, by item
	lost     int64            // events, for which cuts would be too few
	rows     map[int64]row    // by item
}

// A row is what is kept of an item's result.
type row struct {
	requestID         string
	err               *paceline.Error
	firstToken, total time.Duration
}

// A cut is an attempt that was cancelled for being late.
type cut struct {
	code  paceline.Code
	after time.Duration // since the sending
}

func newReport() *report { return &report{cuts: map[int64][]cut{}, rows: map[int64]row{}} }

// run runs the trial in virtual time and checks that every item has one row
// and every answer stands in the provider's ledger.
func (tr trial) run(t *testing.T) *report {
	t.Helper()
	r := newReport()
	synctest.Test(t, func(t *testing.T) { tr.inBubble(t, r) })
	r.check(t, tr.mayFail)
	return r
}

func (tr trial) inBubble(t *testing.T, r *report) {
	p := newProvider(t, tr.seed, tr.phases)
	network := &sim.Network{Delay: tr.delay, Seed: tr.seed, Stopped: tr.stops.until}
	client, stop := network.Serve(p)
	tr.cfg.Observe = r.observe
	e, err := paceline.New(openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport, NoStream: tr.whole}, tr.cfg)
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(tr.seed, 1))
	// Fixed windows begin at full minutes: runs begin anywhere in them.
	time.Sleep(time.Duration(chance.Int64N(int64(time.Minute))))
	p.start()
	tr.stops.start()
	r.began = time.Now()
	leave := func() {}
	if tr.beside > 0 {
		leave = others(client, tr.beside)
	}
	src := &source{trial: &tr, chance: chance}
	if tr.until > 0 {
		time.AfterFunc(tr.until, func() { e.Shutdown(context.Background()) })
	}
	for !src.ended {
		src.rest = tr.batch
		sum, err := e.Run(t.Context(), paceline.Job{Source: src, Sink: paceline.SinkFunc(r.put)})
		if tr.until > 0 && errors.Is(err, paceline.ErrShutdown) {
			src.ended, err = true, nil
		}
		if err != nil {
			t.Fatal(err)
		}
		r.sum = sum
		r.requests += sum.Requests
	}
	r.took = time.Since(r.began)
	r.items = src.next
	r.lost = e.Stats().EventsLost
	leave()
	if err := e.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	stop()
	p.end(r)
}

// source yields the trial's items.
type source struct {
	*trial
	chance *rand.Rand
	next   int64
	rest   int64 // of this batch; 0: there are no batches
	ended  bool
}

func (s *source) Next(context.Context) (paceline.Item, error) {
	if s.next == s.items {
		s.ended = true
		return paceline.Item{}, io.EOF
	}
	if s.batch > 0 {
		if s.rest == 0 {
			return paceline.Item{}, io.EOF
		}
		s.rest--
	}
	it := paceline.Item{Index: s.next, Request: question(s.next, 0)}
	if s.request != nil {
		it.Request = s.request(s.next, s.chance)
	}
	s.next++
	return it, nil
}

// question returns the request of item i, with so many bytes of text.
func question(i int64, bytes int) *paceline.Request {
	return &paceline.Request{Model: "m", Messages: paceline.User(fmt.Sprint("item ", i, " ", strings.Repeat("some text ", bytes/10)))}
}

// itemOf returns the item that a request's body is of.
func itemOf(body string) int64 {
	_, rest, _ := strings.Cut(body, "item ")
	digits, _, _ := strings.Cut(rest, " ")
	i, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return -1
	}
	return i
}

// put is the sink.
func (r *report) put(_ context.Context, res *paceline.Result) error {
	if _, twice := r.rows[res.Item.Index]; twice {
		return fmt.Errorf("item %d has a second row", res.Item.Index)
	}
	kept := row{err: res.Err, firstToken: res.FirstToken, total: res.Total}
	if res.Response != nil {
		kept.requestID = res.Response.RequestID
	}
	r.rows[res.Item.Index] = kept
	return nil
}

func (r *report) observe(ev paceline.Event) {
	if ev.Kind != paceline.EventEnd || ev.Err == nil {
		return
	}
	switch code := ev.Err.Code; code {
	case paceline.CodeFirstToken, paceline.CodeStall, paceline.CodeTimeout:
		r.cuts[ev.Index] = append(r.cuts[ev.Index], cut{code, ev.Total})
	}
}

// check holds the rows against the provider's ledger.
func (r *report) check(t *testing.T, mayFail bool) {
	t.Helper()
	given := map[string]int64{}
	for i := range r.arrivals {
		rec := &r.arrivals[i]
		if !rec.Complete {
			continue
		}
		given[rec.RequestID] = itemOf(rec.Body)
		if _, ok := r.rows[itemOf(rec.Body)]; !ok {
			t.Errorf("item %d was answered and has no row", itemOf(rec.Body))
		}
	}
	if int64(len(r.rows)) != r.items && r.sum.StoppedBy == "" {
		t.Errorf("%d rows for %d items", len(r.rows), r.items)
	}
	for i, row := range r.rows {
		item, known := given[row.requestID]
		switch {
		case row.err != nil && mayFail:
			t.Logf("item %d is not done: %v", i, row.err)
		case row.err != nil:
			t.Errorf("item %d is not done: %v", i, row.err)
		case !known || item != i:
			t.Errorf("the answer of item %d does not stand in the ledger", i)
		}
	}
	if int64(len(r.arrivals)) > r.requests {
		t.Errorf("we count %d requests, the provider %d", r.requests, len(r.arrivals))
	}
}

// let returns when each item was let in for the first time, in order. Hedges,
// which come when nobody waits any more, are left out, also those that lost before
// their body had been read.
func (r *report) let() (at []time.Time) {
	seen := map[int64]bool{}
	for i := range r.arrivals {
		rec := &r.arrivals[i]
		item := itemOf(rec.Body)
		if item >= 0 && rec.Status != http.StatusTooManyRequests && !seen[item] {
			seen[item] = true
			at = append(at, rec.At)
		}
	}
	return at
}

// span returns the time from the first arrival to the last item's being let in.
func (r *report) span() time.Duration {
	let := r.let()
	return let[len(let)-1].Sub(r.arrivals[0].At)
}

// provider is a simulated one that changes with time.
type provider struct {
	phases  []phase
	servers []*sim.Server
	mu      sync.Mutex
	started time.Time
}

func newProvider(t *testing.T, seed uint64, phases []phase) *provider {
	p := &provider{phases: phases}
	for i, ph := range phases {
		ph.sim.Seed, ph.sim.KeepRequests = seed+uint64(i)<<32, true
		s, err := sim.New(ph.sim)
		if err != nil {
			t.Fatal(err)
		}
		p.servers = append(p.servers, s)
	}
	p.start()
	return p
}

// start makes the phases count from now.
func (p *provider) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started = time.Now()
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	since := time.Since(p.started)
	p.mu.Unlock()
	now := 0
	for i, ph := range p.phases {
		if since >= ph.from {
			now = i
		}
	}
	p.servers[now].ServeHTTP(w, r)
}

// arrive takes over what the provider saw of a request.
func (r *report) arrive(rec *sim.Record) {
	switch {
	case strings.Contains(rec.Body, stranger):
		r.others = append(r.others, *rec)
		return
	case rec.Status == http.StatusTooManyRequests:
		r.refused++
	}
	r.arrivals = append(r.arrivals, *rec)
}

// end closes the servers and takes over what they saw.
func (p *provider) end(r *report) {
	for _, s := range p.servers {
		s.Close()
		l := s.Ledger()
		for i := range l.Records {
			r.arrive(&l.Records[i])
		}
	}
	slices.SortStableFunc(r.arrivals, func(a, b sim.Record) int { return a.At.Compare(b.At) })
}
