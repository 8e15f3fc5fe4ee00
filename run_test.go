package paceline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// numbers is a source of n items whose message is the item's number.
type numbers struct {
	n, taken int64
	fail     error // instead of io.EOF
	pause    time.Duration
}

func (s *numbers) Next(ctx context.Context) (paceline.Item, error) {
	if s.taken == s.n {
		if s.fail != nil {
			return paceline.Item{}, s.fail
		}
		return paceline.Item{}, io.EOF
	}
	if s.pause > 0 {
		if err := pause(ctx, s.pause); err != nil {
			return paceline.Item{}, err
		}
	}
	i := s.taken
	s.taken++
	return paceline.Item{
		Index: i, Raw: json.RawMessage(fmt.Sprint(i)),
		Request: &paceline.Request{Model: "m", Messages: paceline.User(fmt.Sprint(i))},
	}, nil
}

// collector is a sink that counts results by item.
type collector struct {
	results map[int64]*paceline.Result
	twice   []int64
	fail    error
	slow    time.Duration
}

func (c *collector) Put(ctx context.Context, r *paceline.Result) error {
	if c.fail != nil {
		return c.fail
	}
	time.Sleep(c.slow)
	if c.results == nil {
		c.results = make(map[int64]*paceline.Result)
	}
	if c.results[r.Item.Index] != nil {
		c.twice = append(c.twice, r.Item.Index)
	}
	c.results[r.Item.Index] = r
	return nil
}

func (c *collector) whole(t *testing.T, n int64) {
	t.Helper()
	if int64(len(c.results)) != n || len(c.twice) > 0 {
		t.Errorf("%d results, want %d; twice: %v", len(c.results), n, c.twice)
	}
}

// byNumber plays a step by the number in the request's message.
type byNumber func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error)

func (f byNumber) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	var i int
	if len(req.Messages) > 0 {
		fmt.Sscan(req.Messages[0].Content, &i)
	}
	return f(i, ctx, emit)
}

func always(s step) byNumber {
	return func(_ int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		return s(ctx, emit)
	}
}

// running runs f in virtual time with an engine on p.
func running(t *testing.T, p paceline.Provider, cfg paceline.Config, f func(*testing.T, *paceline.Engine)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e, err := paceline.New(p, cfg)
		if err != nil {
			t.Fatal(err)
		}
		f(t, e)
		e.Shutdown(context.Background())
	})
}

func TestRunGivesEachItemItsResult(t *testing.T) {
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i%10 == 3 {
			return nil, &paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Message: "no threes"}
		}
		return answers(time.Second, fmt.Sprint(i))(ctx, emit)
	})
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 50}}, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1000}, Sink: sink})
		if err != nil || sum.StoppedBy != "" {
			t.Fatal(err, sum.StoppedBy)
		}
		sink.whole(t, 1000)
		if sum.Items != 1000 || sum.Done != 900 || sum.Failed != 100 || sum.Requests != 1000 {
			t.Errorf("%+v", sum)
		}
		if took := time.Since(began); took != 18*time.Second {
			t.Errorf("took %v, want 900 calls of 1 s, 50 at once", took)
		}
		for i, r := range sink.results {
			if (i%10 == 3) != (r.Status == paceline.StatusFailed) {
				t.Errorf("item %d: %v %v", i, r.Status, r.Err)
			}
			if r.Status == paceline.StatusDone && r.Response.Text() != fmt.Sprint(i) {
				t.Errorf("item %d has the answer %q", i, r.Response.Text())
			}
		}
	})
}

func TestFault48ASlowSinkHoldsUpTheSource(t *testing.T) {
	running(t, always(answers(time.Millisecond, "a")), paceline.Config{Limits: paceline.Limits{InFlight: 100}}, func(t *testing.T, e *paceline.Engine) {
		src := &numbers{n: 100_000}
		sink := &collector{slow: time.Second}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		_, err := e.Run(ctx, paceline.Job{Source: src, Sink: sink})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if src.taken > 5300 { // what a run may hold, and what was put
			t.Errorf("%d items were taken while 100 were put", src.taken)
		}
	})
}

func TestFault4TheJobsFaultStopsTheRun(t *testing.T) {
	for _, code := range []paceline.Code{paceline.CodeAuth, paceline.CodeQuota, paceline.CodeModelNotFound} {
		running(t, always(fails(paceline.Error{Code: code, Status: 401})), paceline.Config{Limits: paceline.Limits{InFlight: 5}}, func(t *testing.T, e *paceline.Engine) {
			sink := new(collector)
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100_000}, Sink: sink})
			if paceline.CodeOf(err) != code || sum.StoppedBy != code.String() {
				t.Errorf("%v, stopped by %q", err, sum.StoppedBy)
			}
			if sum.Requests > 20 || len(sink.results) != 0 {
				t.Errorf("%v: %d requests and %d rows before it stopped", code, sum.Requests, len(sink.results))
			}
		})
	}
}

func TestAnUnknownModelAmongKnownOnesIsItsItemsFault(t *testing.T) {
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i == 90 {
			return nil, &paceline.Error{Code: paceline.CodeModelNotFound, Status: 404}
		}
		return answers(time.Second, "a")(ctx, emit)
	})
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 5}}, func(t *testing.T, e *paceline.Engine) {
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
		if err != nil || sum.Done != 99 || sum.Failed != 1 {
			t.Errorf("%v, %+v", err, sum)
		}
	})
}

func TestItemsThatCannotBeSentGetTheirRow(t *testing.T) {
	src := paceline.SourceFunc(func() func(context.Context) (paceline.Item, error) {
		items := []paceline.Item{
			{Index: 0, Err: errors.New("in.jsonl:1: not JSON")},
			{Index: 1, Raw: []byte(`"panic"`)},
			{Index: 2, Raw: []byte(`"refuse"`)},
			{Index: 3, Raw: []byte(`"well"`)},
		}
		return func(context.Context) (paceline.Item, error) {
			if len(items) == 0 {
				return paceline.Item{}, io.EOF
			}
			next := items[0]
			items = items[1:]
			return next, nil
		}
	}())
	prepare := func(it *paceline.Item) (*paceline.Request, error) {
		switch string(it.Raw) {
		case `"panic"`:
			panic("boom")
		case `"refuse"`:
			return nil, errors.New("in.jsonl:3: no field text")
		}
		return &paceline.Request{}, nil
	}
	running(t, always(answers(time.Second, "a")), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: src, Prepare: prepare, Sink: sink})
		if err != nil {
			t.Fatal(err)
		}
		sink.whole(t, 4)
		for i, want := range []paceline.Code{paceline.CodeBadItem, paceline.CodePanic, paceline.CodeBadItem} {
			if got := sink.results[int64(i)]; got.Err == nil || got.Err.Code != want {
				t.Errorf("item %d: %v, want %v", i, got.Err, want)
			}
		}
		if sum.Requests != 1 {
			t.Errorf("%d requests were sent", sum.Requests)
		}
	})
}

func TestSourceAndSinkErrorsStopTheRun(t *testing.T) {
	broken := errors.New("broken")
	running(t, always(answers(time.Second, "a")), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 10, fail: broken}, Sink: sink})
		if !errors.Is(err, broken) || sum.StoppedBy != "source" {
			t.Errorf("%v, stopped by %q", err, sum.StoppedBy)
		}
		sum, err = e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1000}, Sink: &collector{fail: broken}})
		if !errors.Is(err, broken) || sum.StoppedBy != "sink" || sum.Done != 0 {
			t.Errorf("%v, stopped by %q, %d done", err, sum.StoppedBy, sum.Done)
		}
	})
}

func TestFault46ASinkThatFailsWhileResultsWaitEndsTheRun(t *testing.T) {
	broken := errors.New("broken pipe")
	for range 300 { // the results that wait are many or few by chance
		e, err := paceline.New(instant, paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 5}, Sink: &collector{fail: broken}}); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		e.Shutdown(context.Background())
	}
}

func TestAWrongJobIsRefused(t *testing.T) {
	running(t, always(answers(0)), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		_, err := e.Run(t.Context(), paceline.Job{})
		if err == nil || !contains(err.Error(), "Source") || !contains(err.Error(), "Sink") {
			t.Errorf("err = %v", err)
		}
	})
}

func TestFault44ShutdownDrainsARun(t *testing.T) {
	running(t, always(answers(10*time.Second, "a")), paceline.Config{Limits: paceline.Limits{InFlight: 7}}, func(t *testing.T, e *paceline.Engine) {
		time.AfterFunc(25*time.Second, func() { go e.Shutdown(context.Background()) })
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1000}, Sink: sink})
		if !errors.Is(err, paceline.ErrShutdown) || sum.StoppedBy != "interrupted" {
			t.Fatalf("%v, stopped by %q", err, sum.StoppedBy)
		}
		if len(sink.results) != 21 || sum.Done != 21 {
			t.Errorf("%d results, want the 21 that were sent before", len(sink.results))
		}
	})
}

func TestShutdownEndsARunWhoseSourceWaits(t *testing.T) {
	running(t, always(answers(time.Second, "a")), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		time.AfterFunc(25*time.Second, func() { go e.Shutdown(context.Background()) })
		_, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 10, pause: time.Hour}, Sink: new(collector)})
		if !errors.Is(err, paceline.ErrShutdown) {
			t.Error(err)
		}
	})
}

// row encodes a result for the journal tests.
func row(dst []byte, r *paceline.Result) []byte {
	return fmt.Appendf(dst, "{\"index\":%d,\"status\":%q}\n", r.Item.Index, r.Status)
}

func openJournal(t testing.TB, out string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(out, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestAStoppedRunIsContinuedByTheSameJob(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	var mu sync.Mutex
	sent := map[int]int{}
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		mu.Lock()
		sent[i]++
		mu.Unlock()
		return answers(0, "a")(ctx, emit)
	})
	session := func(stopAfter int64) paceline.Summary {
		e, err := paceline.New(p, paceline.Config{Limits: paceline.Limits{InFlight: 10}, Hedge: paceline.Hedge{Budget: -1}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		j := openJournal(t, out)
		defer j.Close()
		src := &numbers{n: 300}
		job := paceline.Job{Source: src, Journal: j, Encode: row}
		if stopAfter > 0 {
			job.Source = paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
				if src.taken == stopAfter {
					for e.Stats().Done < stopAfter/2 {
						runtime.Gosched()
					}
					go e.Shutdown(context.Background())
					<-ctx.Done()
					return paceline.Item{}, ctx.Err()
				}
				return src.Next(ctx)
			})
		}
		sum, err := e.Run(t.Context(), job)
		if (err != nil) != (stopAfter > 0) {
			t.Errorf("err = %v", err)
		}
		return sum
	}
	first := session(100)
	second := session(0)
	if first.Done == 0 || second.Resumed != first.Done || second.Resumed+second.Done != 300 {
		t.Errorf("first %+v\nsecond %+v", first, second)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(data, []byte("\n")); lines != 300 {
		t.Errorf("%d rows, want 300", lines)
	}
	for i, n := range sent {
		if n != 1 {
			t.Errorf("item %d was sent %d times", i, n)
		}
	}
	third := session(0)
	if third.Resumed != 300 || third.Requests != 0 {
		t.Errorf("a whole run run again: %+v", third)
	}
}

func TestTheSinkHearsOnlyOfDurableRows(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	e, err := paceline.New(always(answers(0, "a")), paceline.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	j := openJournal(t, out)
	defer j.Close()
	heard := 0
	sink := paceline.SinkFunc(func(_ context.Context, r *paceline.Result) error {
		heard++
		data, err := os.ReadFile(out)
		if err != nil || !bytes.Contains(data, fmt.Appendf(nil, "\"index\":%d,", r.Item.Index)) {
			t.Errorf("item %d is not in the file: %v", r.Item.Index, err)
		}
		return nil
	})
	if _, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 20}, Sink: sink, Journal: j, Encode: row}); err != nil {
		t.Fatal(err)
	}
	if heard != 20 {
		t.Errorf("the sink heard of %d rows", heard)
	}
}

func TestFault50AFailingJournalStopsTheRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	e, err := paceline.New(always(answers(0, "a")), paceline.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	j := openJournal(t, out)
	j.Close() // whatever is written now fails
	sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1000}, Journal: j, Encode: row})
	if err == nil || sum.StoppedBy != "journal" || sum.Done != 0 {
		t.Errorf("%v, %+v", err, sum)
	}
}

func TestFault47APanicInEncodeStopsTheRunWithItsItemNamed(t *testing.T) {
	encodeFails(t, func() { panic("boom") })
}

func TestAnEncoderThatEndsItsGoroutineStopsTheRun(t *testing.T) { encodeFails(t, runtime.Goexit) }

// encodeFails has Job.Encode end by fail at item 5, which stops the run.
func encodeFails(t *testing.T, fail func()) {
	t.Helper()
	e, err := paceline.New(always(answers(0, "a")), paceline.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	j := openJournal(t, filepath.Join(t.TempDir(), "out.jsonl"))
	defer j.Close()
	encode := func(dst []byte, r *paceline.Result) []byte {
		if r.Item.Index == 5 {
			fail()
		}
		return row(dst, r)
	}
	_, err = e.Run(t.Context(), paceline.Job{Source: &numbers{n: 10}, Journal: j, Encode: encode})
	if err == nil || !contains(err.Error(), "item 5") {
		t.Errorf("err = %v", err)
	}
}

func TestManyItemsGoThroughInConstantMemory(t *testing.T) {
	running(t, always(answers(time.Millisecond, "a")), paceline.Config{Limits: paceline.Limits{InFlight: 1000}}, func(t *testing.T, e *paceline.Engine) {
		count := 0
		sink := paceline.SinkFunc(func(context.Context, *paceline.Result) error { count++; return nil })
		src := &numbers{n: 20_000}
		most := int64(0)
		ahead := paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
			if src.taken%100 == 0 {
				most = max(most, src.taken-e.Stats().Done)
			}
			return src.Next(ctx)
		})
		if _, err := e.Run(t.Context(), paceline.Job{Source: ahead, Sink: sink}); err != nil {
			t.Fatal(err)
		}
		if count != 20_000 || most > 5300 {
			t.Errorf("%d results; at most %d items were held at once", count, most)
		}
	})
}

func TestTenItemsRefusedInTheSameWordsStopTheRun(t *testing.T) {
	refuses := fails(paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Message: "streaming is not supported", Remote: true})
	running(t, always(refuses), paceline.Config{Limits: paceline.Limits{InFlight: 4}}, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100_000}, Sink: sink})
		if paceline.CodeOf(err) != paceline.CodeInvalidRequest || sum.StoppedBy != "invalid_request" {
			t.Errorf("%v, stopped by %q", err, sum.StoppedBy)
		}
		if sum.Requests > 20 {
			t.Errorf("%d requests before it stopped", sum.Requests)
		}
	})
	// Refusals in words of their own, or beside answers, are the items' faults.
	mixed := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i == 0 {
			return answers(0, "a")(ctx, emit)
		}
		return refuses(ctx, emit)
	})
	running(t, mixed, paceline.Config{Limits: paceline.Limits{InFlight: 1}}, func(t *testing.T, e *paceline.Engine) {
		if sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 50}, Sink: new(collector)}); err != nil || sum.Failed != 49 {
			t.Errorf("%v, %+v", err, sum.Stats)
		}
	})
}
