package paceline_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/url"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// TestNilFunctionsAreRefused names what is there in form only, before anything starts.
func TestNilFunctionsAreRefused(t *testing.T) {
	for _, p := range []paceline.Provider{nil, paceline.ProviderFunc(nil)} {
		if _, err := paceline.New(p, paceline.Config{}); err == nil || !contains(err.Error(), "Provider: is missing") {
			t.Errorf("a provider of %#v: %v", p, err)
		}
	}
	engine(t, paceline.Config{}, []step{answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, _ *script) {
		_, err := e.Run(t.Context(), paceline.Job{Source: paceline.SourceFunc(nil), Sink: paceline.SinkFunc(nil)})
		if err == nil || !contains(err.Error(), "Source: is missing") || !contains(err.Error(), "Sink: is missing") {
			t.Errorf("%v", err)
		}
	})
}

// TestEndpointsHaveNamesOfTheirOwn: by them statistics and orders tell them apart.
func TestEndpointsHaveNamesOfTheirOwn(t *testing.T) {
	p := always(answers(0, "a"))
	_, err := paceline.NewPool([]paceline.Endpoint{{Provider: p, Name: "2"}, {Provider: p}}, paceline.Config{})
	if err == nil || !contains(err.Error(), "endpoint 2: Name: is another one's") {
		t.Errorf("%v", err)
	}
}

// TestAPanicOfASourceOrSinkEndsItsRun has each of them panic at its third item: that is
// the run's error, in one line, and the engine goes on.
func TestAPanicOfASourceOrSinkEndsItsRun(t *testing.T) {
	third := func(n *int) {
		if *n++; *n == 3 {
			panic("boom")
		}
	}
	var taken, put int
	all := &numbers{n: 100}
	fine := &collector{}
	for by, job := range map[string]paceline.Job{
		"source": {Sink: fine, Source: paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
			third(&taken)
			return all.Next(ctx)
		})},
		"sink": {Source: &numbers{n: 100}, Sink: paceline.SinkFunc(func(context.Context, *paceline.Result) error {
			third(&put)
			return nil
		})},
	} {
		engine(t, paceline.Config{}, []step{answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, _ *script) {
			sum, err := e.Run(t.Context(), job)
			if err == nil || err.Error() != "Job."+map[string]string{"source": "Source", "sink": "Sink"}[by]+" panicked: boom" || sum.StoppedBy != by {
				t.Errorf("%s: %v, stopped by %q", by, err, sum.StoppedBy)
			}
			if _, err := e.Do(t.Context(), nil); err != nil {
				t.Errorf("after it: %v", err)
			}
		})
	}
}

// TestAnEngineThatIsShutDownTakesNothing: no item is taken from a source of which none
// can be sent.
func TestAnEngineThatIsShutDownTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := paceline.New(&script{}, paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := e.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		source := &numbers{n: 10}
		sum, err := e.Run(t.Context(), paceline.Job{Source: source, Sink: new(collector)})
		if !errors.Is(err, paceline.ErrShutdown) || sum.Items != 0 || source.taken != 0 {
			t.Errorf("%v; %d items were taken", err, source.taken)
		}
		if _, err := e.Do(t.Context(), nil); !errors.Is(err, paceline.ErrShutdown) {
			t.Errorf("Do: %v", err)
		}
		for _, err := range e.Stream(t.Context(), nil).All() {
			if !errors.Is(err, paceline.ErrShutdown) {
				t.Errorf("Stream: %v", err)
			}
		}
	})
}

// TestAJournalIsOneRunsAtATime runs a job twice on one journal: at the same time the
// second is refused before it takes an item, afterwards it has nothing to do.
func TestAJournalIsOneRunsAtATime(t *testing.T) {
	engine(t, paceline.Config{}, []step{answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, s *script) {
		j, err := journal.Open(filepath.Join(t.TempDir(), "out.jsonl"), journal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		run := func() (paceline.Summary, error) {
			return e.Run(t.Context(), paceline.Job{
				Source: &numbers{n: 3}, Sink: new(collector), Journal: j,
				Encode: func(dst []byte, _ *paceline.Result) []byte { return append(dst, "{}\n"...) },
			})
		}
		over := make(chan error)
		go func() {
			_, err := run()
			over <- err
		}()
		synctest.Wait()
		if sum, err := run(); err == nil || !contains(err.Error(), "job: Journal: another run writes to it") || sum.Items != 0 {
			t.Errorf("at the same time: %v", err)
		}
		if err := <-over; err != nil {
			t.Error(err)
		}
		if sum, err := run(); err != nil || sum.Resumed != 3 || len(s.sent) != 3 {
			t.Errorf("afterwards: %v, %d had their row; %d requests", err, sum.Resumed, len(s.sent))
		}
	})
}

// TestAProviderThatReturnsNothingFailsItsCall: neither a response nor an error is an
// error, and a nil pointer to one beside a response is none.
func TestAProviderThatReturnsNothingFailsItsCall(t *testing.T) {
	ask := func(resp *paceline.Response, err error) (*paceline.Response, error) {
		e, fault := paceline.New(paceline.ProviderFunc(func(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
			return resp, err
		}), paceline.Config{Retry: paceline.Retry{Attempts: 1}})
		if fault != nil {
			t.Fatal(fault)
		}
		defer e.Shutdown(context.Background())
		return e.Do(context.Background(), &paceline.Request{})
	}
	synctest.Test(t, func(t *testing.T) {
		for _, err := range []error{nil, (*paceline.Error)(nil)} {
			if resp, got := ask(nil, err); got == nil || resp != nil || !contains(got.Error(), "neither a response nor an error") {
				t.Errorf("nothing, and %#v: %v, %v", err, resp, got)
			}
		}
		if resp, err := ask(&paceline.Response{Model: "m"}, (*paceline.Error)(nil)); err != nil || resp == nil {
			t.Errorf("a response, and a nil pointer: %v, %v", resp, err)
		}
	})
}

// TestAWrappedEndIsNoEnd has a source fail as a connection does that is cut: the run must
// not pass for whole.
func TestAWrappedEndIsNoEnd(t *testing.T) {
	cut := &url.Error{Op: "Get", URL: "http://items", Err: io.EOF}
	left := 3
	engine(t, paceline.Config{}, []step{answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, _ *script) {
		sum, err := e.Run(t.Context(), paceline.Job{Sink: &collector{}, Source: paceline.SourceFunc(func(context.Context) (paceline.Item, error) {
			if left--; left < 0 {
				return paceline.Item{}, cut
			}
			return paceline.Item{Index: int64(2 - left), Request: &paceline.Request{}}, nil
		})})
		if !errors.Is(err, cut) || sum.StoppedBy != "source" {
			t.Errorf("%v, stopped by %q", err, sum.StoppedBy)
		}
	})
}

// TestAPriceThatIsNoAmountIsNotKnown: a budget must not be got round by one.
func TestAPriceThatIsNoAmountIsNotKnown(t *testing.T) {
	for _, usd := range []float64{math.NaN(), math.Inf(1), -1} {
		price := func(string, paceline.Usage) paceline.Cost { return paceline.Cost{USD: usd, Known: true} }
		engine(t, paceline.Config{Price: price}, []step{answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, s *script) {
			sum, _ := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 5}, Sink: &collector{}, Budget: paceline.Budget{USD: 1}})
			if sum.Requests != 0 || sum.Cost.Known && sum.Items > 0 && sum.Cost.USD != 0 {
				t.Errorf("a price of %v: %d requests, cost %+v", usd, sum.Requests, sum.Cost)
			}
		})
	}
}
