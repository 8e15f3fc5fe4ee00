package paceline_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// An ailing is a provider of which some calls always fail, and all may for a while.
type ailing struct {
	bad   func(i int) bool // by the call's number
	fails paceline.Error   // what they get; zero: they hang
	takes time.Duration    // an answer

	mu   sync.Mutex
	down *paceline.Error // what everybody gets; nil: what is said above
	sent []int
}

func server(status int) paceline.Error {
	return paceline.Error{Code: paceline.CodeServer, Status: status, Remote: true}
}

func (a *ailing) set(down *paceline.Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = down
}

func (a *ailing) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	return byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		a.mu.Lock()
		down := a.down
		a.sent = append(a.sent, i)
		a.mu.Unlock()
		switch {
		case down != nil:
			e := *down
			return nil, &e
		case !a.bad(i):
			return answers(a.takes, "a")(ctx, emit)
		case a.fails.Code == paceline.CodeUnknown:
			<-ctx.Done()
			return nil, &paceline.Error{Code: paceline.CodeCanceled, Err: ctx.Err()}
		}
		e := a.fails
		return nil, &e
	}).Attempt(ctx, req, emit)
}

func from(n int) func(int) bool { return func(i int) bool { return i >= n } }

// Items that always fail, wherever they stand and however many in a row, end with a
// row each, and hold up no other.
func TestItemsThatAlwaysFailAreNoOutage(t *testing.T) {
	fast := 50 * time.Millisecond
	for name, c := range map[string]*struct {
		ailing
		items, bad int64
		config     paceline.Config
		most       time.Duration
	}{
		"the last three":     {ailing{bad: from(97), fails: server(500), takes: fast}, 100, 3, paceline.Config{}, time.Minute},
		"the last nine":      {ailing{bad: from(91), fails: server(500), takes: fast}, 100, 9, paceline.Config{}, time.Minute},
		"the only nine":      {ailing{bad: func(i int) bool { return i < 9 }, fails: server(500), takes: fast}, 10, 9, paceline.Config{}, time.Minute},
		"scattered":          {ailing{bad: func(i int) bool { return i%10 == 7 }, fails: server(500), takes: fast}, 300, 30, paceline.Config{Limits: paceline.Limits{InFlight: 20}}, 2 * time.Minute},
		"scattered, by 502":  {ailing{bad: func(i int) bool { return i%10 == 7 }, fails: server(502), takes: fast}, 300, 30, paceline.Config{Limits: paceline.Limits{InFlight: 20}}, 2 * time.Minute},
		"seven that hang":    {ailing{bad: func(i int) bool { return i%30 == 19 || i > 198 }, takes: fast}, 200, 7, paceline.Config{Retry: paceline.Retry{Attempts: 2}}, 3 * time.Minute},
		"the last that hang": {ailing{bad: from(193), takes: fast}, 200, 7, paceline.Config{Retry: paceline.Retry{Attempts: 2}}, 3 * time.Minute},
		"many that hang":     {ailing{bad: func(i int) bool { return i%15 == 7 }, takes: fast}, 300, 20, paceline.Config{Limits: paceline.Limits{InFlight: 30}, Retry: paceline.Retry{Attempts: 2}}, 5 * time.Minute},
		"one at a time":      {ailing{bad: func(i int) bool { return i > 0 && i <= 20 }, fails: server(500), takes: fast}, 40, 20, paceline.Config{Limits: paceline.Limits{InFlight: 1}}, 3 * time.Minute},
		"the first thirty":   {ailing{bad: func(i int) bool { return i < 30 }, fails: server(500), takes: fast}, 300, 30, paceline.Config{}, 3 * time.Minute},
		"half of all":        {ailing{bad: func(i int) bool { return i/20%2 == 0 }, fails: server(500), takes: fast}, 400, 200, paceline.Config{}, 2 * time.Hour},
		"a long tail":        {ailing{bad: from(85), fails: server(500), takes: fast}, 100, 15, paceline.Config{}, 80 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			running(t, &c.ailing, c.config, func(t *testing.T, e *paceline.Engine) {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
				defer cancel()
				began := time.Now()
				sum, err := e.Run(ctx, paceline.Job{Source: &numbers{n: c.items}, Sink: new(collector)})
				took := time.Since(began)
				t.Logf("took %v, %d sent", took, len(c.sent))
				if err != nil || sum.Failed != c.bad || sum.Done != c.items-c.bad || took > c.most {
					t.Errorf("%v: %d done, %d failed after %v", err, sum.Done, sum.Failed, took)
				}
			})
		})
	}
}

// Calls one after the other, of which all but the first fail, end, and one beside them
// that does not is answered.
func TestCallsThatAlwaysFailHoldUpNoOther(t *testing.T) {
	for name, limit := range map[string]time.Duration{"without a limit": 0, "with one": 5 * time.Second} {
		for _, concurrent := range []int{1, 30} {
			t.Run(name, func(t *testing.T) {
				p := &ailing{bad: func(i int) bool { return i > 0 }, fails: server(500), takes: time.Second}
				cfg := paceline.Config{Retry: paceline.Retry{Attempts: 2, Base: time.Millisecond}, OutageLimit: limit}
				running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
					ctx, cancel := context.WithCancel(t.Context())
					do := func(n string) error {
						_, err := e.Do(ctx, &paceline.Request{Model: "m", Messages: paceline.User(n)})
						return err
					}
					if err := do("0"); err != nil {
						t.Fatal(err)
					}
					var wg sync.WaitGroup
					for range concurrent {
						wg.Go(func() {
							for range 20 {
								if err := do("1"); err == nil {
									t.Error("a call that fails is answered")
								}
							}
						})
					}
					time.Sleep(20 * time.Second)
					began := time.Now()
					if err := do("0"); err != nil || time.Since(began) > time.Duration(concurrent+9)*2*time.Second {
						t.Errorf("a good call beside them: %v after %v", err, time.Since(began))
					}
					if concurrent == 1 {
						wg.Wait() // they end by themselves
					}
					cancel()
					wg.Wait()
				})
			})
		}
	}
}

// An outage of an hour fails no item, of whatever kind it is, also where a tenth of the
// calls fail by chance before and after, and where nothing new is left to be sent.
func TestNoItemFailsByAnOutage(t *testing.T) {
	refused := paceline.Error{Code: paceline.CodeConnection, Message: "connection refused"}
	for name, c := range map[string]struct {
		down     paceline.Error
		items    int64
		from     time.Duration
		noise    int // one in so many items fails the first time; 0: none
		attempts int
	}{
		"refused":             {refused, 3000, 20 * time.Second, 0, 2},
		"by 503":              {server(503), 3000, 20 * time.Second, 0, 2},
		"by 500":              {server(500), 3000, 20 * time.Second, 0, 2},
		"by 500, one attempt": {server(500), 3000, 20 * time.Second, 0, 1},
		"with noise":          {server(500), 3000, 20 * time.Second, 10, 2},
		"with noise, by 503":  {server(503), 3000, 20 * time.Second, 10, 2},
		"at the end, by 500":  {server(500), 100, 500 * time.Millisecond, 0, 2},
		"at the end, refused": {refused, 100, 500 * time.Millisecond, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			p := &ailing{takes: time.Second, fails: server(500)}
			tried := make(map[int]bool)
			p.bad = func(i int) bool { // by chance, the first time
				p.mu.Lock()
				defer p.mu.Unlock()
				first := !tried[i]
				tried[i] = true
				return first && c.noise > 0 && i%c.noise == 3
			}
			cfg := paceline.Config{Retry: paceline.Retry{Attempts: c.attempts}, Limits: paceline.Limits{InFlight: 50}}
			running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
				began := time.Now()
				sink := new(collector)
				time.AfterFunc(c.from, func() { p.set(&c.down) })
				time.AfterFunc(c.from+time.Hour, func() { p.set(nil) })
				sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: c.items}, Sink: sink})
				took := time.Since(began)
				t.Logf("took %v, %d sent", took, len(p.sent))
				for _, r := range sink.results {
					if r.Err != nil {
						t.Logf("item %d: %v, %d requests, %d attempts, started after %v", r.Item.Index, r.Err, r.Requests, r.Attempts, r.Started.Sub(began))
					}
				}
				if err != nil || sum.Done != c.items || took < time.Hour {
					t.Errorf("%v: %d done, %d failed after %v", err, sum.Done, sum.Failed, took)
				}
			})
		})
	}
}

// An endpoint that fails all that it is sent leaves its items to another.
func TestAnEndpointThatFailsAllLeavesItsItemsToAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		well := &ailing{bad: func(i int) bool { return i > 990 && i < 996 }, fails: server(500), takes: time.Second}
		sick := &ailing{bad: from(0), fails: server(500), takes: time.Second}
		e, err := paceline.NewPool([]paceline.Endpoint{
			{Name: "well", Provider: well, Limits: paceline.Limits{InFlight: 10}},
			{Name: "sick", Provider: sick, Limits: paceline.Limits{InFlight: 10}},
		}, paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1000}, Sink: new(collector)})
		if err != nil || sum.Done != 995 || sum.Failed != 5 || len(sick.sent) > 150 {
			t.Errorf("%v: %d done, %d failed, %d sent to the one that is sick", err, sum.Done, sum.Failed, len(sick.sent))
		}
		e.Shutdown(context.Background())
	})
}

// Where an outage is too long, a call that was not tried in it is tried before it ends.
func TestNoCallEndsByAnOutageUntried(t *testing.T) {
	p := &ailing{bad: func(i int) bool { return i > 0 }, fails: server(503), takes: time.Second}
	running(t, p, paceline.Config{OutageLimit: 5 * time.Second}, func(t *testing.T, e *paceline.Engine) {
		var wg sync.WaitGroup
		do := func(n string) error {
			_, err := e.Do(t.Context(), &paceline.Request{Model: "m", Messages: paceline.User(n)})
			return err
		}
		if err := do("0"); err != nil {
			t.Fatal(err)
		}
		for range 12 {
			wg.Go(func() {
				err := do("1")
				if paceline.CodeOf(err) != paceline.CodeOutage || !strings.Contains(err.Error(), "no call was answered for ") {
					t.Errorf("it ended with %v", err)
				}
			})
		}
		wg.Wait()
		sent := len(p.sent)
		p.set(&p.fails)
		if err := do("1"); paceline.CodeOf(err) != paceline.CodeOutage || len(p.sent) == sent {
			t.Errorf("%v, with %d sent", err, len(p.sent)-sent)
		}
		p.set(nil)
		if err := do("0"); err != nil {
			t.Errorf("a good one after them: %v", err)
		}
	})
}
