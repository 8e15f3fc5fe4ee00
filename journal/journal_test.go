package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestResume(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{Identity: []byte("a")})
	if r := j.Recovered(); !r.Created || string(r.Identity) != "a" || r.Rows() != 0 {
		t.Fatalf("a new journal holds %+v", r)
	}
	for i := range int64(6) {
		if err := j.Intend(i, entryOf(i).ItemSum, 40); err != nil {
			t.Fatal(err)
		}
	}
	mustAppend(t, j, 4, 0, 2)
	if err := j.Intend(5, 1, Unknown); err != nil { // a hedge
		t.Fatal(err)
	}
	if err := j.Settle(Attempt{Index: 1, Reserved: 40, PromptTokens: 7, CompletionTokens: Unknown, Cost: 11}); err != nil {
		t.Fatal(err)
	}
	if err := j.Intend(3, entryOf(3).ItemSum, 25); err != nil { // a hedge, the loser
		t.Fatal(err)
	}
	if err := j.Settle(Attempt{Index: 3, Reserved: 25}); err != nil {
		t.Fatal(err)
	}
	if err := j.SetIdentity([]byte("b")); err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)

	j = mustOpen(t, name, Options{Identity: []byte("ignored")})
	equal(t, indices(t, name, j), []int64{4, 0, 2})
	r := j.Recovered()
	if r.Created || string(r.Identity) != "b" || r.Done != 1 || r.Failed != 1 || r.Invalid != 1 {
		t.Errorf("recovered %+v", r)
	}
	if want := []InFlight{{3, 1, 40}, {5, 2, Unknown}}; !slices.Equal(r.InFlight, want) {
		t.Errorf("in flight %+v, want %+v", r.InFlight, want)
	}
	if calls, cost := r.Calls(); calls != 3 || cost != Unknown {
		t.Errorf("%d calls for %d", calls, cost)
	}
	// Rows 0, 2, 4 with 1, 3, 2 requests, 0, 20, 40 and 0, 2, 4 tokens, costs
	// unknown, 1, 3; two attempts; three lost calls.
	if want := (Totals{Requests: 8, PromptTokens: 67, CompletionTokens: 6, Cost: 15, Unpriced: 1,
		Lost: 3, LostCost: 80, LostUnpriced: 1}); r.Totals != want {
		t.Errorf("totals %+v, want %+v", r.Totals, want)
	}
	for i := range int64(8) {
		if got, want := j.Done(i), i == 4 || i == 0 || i == 2; got != want {
			t.Errorf("Done(%d) is %v", i, got)
		}
		if _, ok := j.ItemSum(i); ok != (i < 6) {
			t.Errorf("ItemSum(%d) is %v", i, ok)
		}
	}

	// The lost calls' items get their rows: what was lost stays in the totals.
	mustAppend(t, j, 1, 3, 5)
	mustClose(t, j)
	j = mustOpen(t, name, Options{})
	r = j.Recovered()
	if len(r.InFlight) != 0 || r.Rows() != 6 || r.Totals.Lost != 3 || r.Totals.Cost != 15+0+2+4 {
		t.Errorf("recovered %+v", r)
	}
}

// What earlier sessions left in flight is told of all of them; the calls of the
// latest one that sent anything are told besides.
func TestCallsOfTheLatestSession(t *testing.T) {
	name := tempOutput(t)
	session := func(intents []int64, rows ...int64) Recovery {
		t.Helper()
		j := mustOpen(t, name, Options{NoSync: true})
		for _, i := range intents {
			if err := j.Intend(i, entryOf(i).ItemSum, 10); err != nil {
				t.Fatal(err)
			}
		}
		mustAppend(t, j, rows...)
		mustClose(t, j)
		r, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		return r.Recovered()
	}
	for _, step := range []struct {
		intents, rows []int64
		all, latest   []InFlight
	}{
		{intents: []int64{0, 1, 2, 2}, rows: []int64{0}, all: []InFlight{{1, 1, 10}, {2, 2, 20}}, latest: []InFlight{{1, 1, 10}, {2, 2, 20}}},
		{intents: []int64{2, 3}, all: []InFlight{{1, 1, 10}, {2, 3, 30}, {3, 1, 10}}, latest: []InFlight{{2, 1, 10}, {3, 1, 10}}},
		// One that sent nothing changes nothing but what it has a row of.
		{rows: []int64{3}, all: []InFlight{{1, 1, 10}, {2, 3, 30}}, latest: []InFlight{{2, 1, 10}}},
		{intents: []int64{4}, rows: []int64{4}, all: []InFlight{{1, 1, 10}, {2, 3, 30}}, latest: nil},
	} {
		r := session(step.intents, step.rows...)
		if !slices.Equal(r.InFlight, step.all) || !slices.Equal(r.Latest, step.latest) {
			t.Errorf("after %v, %v: in flight %v, of the latest %v; want %v, %v",
				step.intents, step.rows, r.InFlight, r.Latest, step.all, step.latest)
		}
	}
}

func TestUsage(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{})
	mustAppend(t, j, 1)
	for what, err := range map[string]error{
		"a second row":     j.Append(entryOf(1), rowOf(1), nil),
		"no newline":       j.Append(entryOf(2), []byte("{}"), nil),
		"no row":           j.Append(entryOf(2), nil, nil),
		"negative index":   j.Append(Entry{Index: -1}, rowOf(2), nil),
		"no such status":   j.Append(Entry{Index: 2, Status: statuses}, rowOf(2), nil),
		"intent of a row":  j.Intend(1, 1, 1),
		"intent of nobody": j.Intend(-1, 1, 1),
		"attempt":          j.Settle(Attempt{Index: -1}),
		"long identity":    j.SetIdentity(make([]byte, maxPayload+1)),
	} {
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeUsage {
			t.Errorf("%s: %v", what, err)
		}
	}
	mustAppend(t, j, 2)
	mustClose(t, j)
	for what, err := range map[string]error{
		"Append": j.Append(entryOf(3), rowOf(3), nil), "Intend": j.Intend(3, 1, 1),
		"Flush": j.Flush(context.Background()), "SetIdentity": j.SetIdentity(nil),
		"Rewrite": j.Rewrite(context.Background(), RewriteOptions{}), "Settle": j.Settle(Attempt{Index: 3}),
	} {
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeClosed {
			t.Errorf("%s after Close: %v", what, err)
		}
	}
	if err := j.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	j = mustOpen(t, name, Options{})
	equal(t, indices(t, name, j), []int64{1, 2})
}

func TestCommittedIsCalledInOrderAfterTheSync(t *testing.T) {
	name := tempOutput(t)
	f := &faultFS{}
	j := mustOpen(t, name, Options{FS: f, SyncEvery: -1})
	before := f.times("sync journal")
	var order []int64
	for i := range int64(100) {
		if err := j.Append(entryOf(i), rowOf(i), func() {
			if f.times("sync answers.jsonl") == 0 || f.times("sync journal") == before {
				t.Error("announced before it was durable")
			}
			order = append(order, i)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(order) != 0 {
		t.Fatal("announced before the commit")
	}
	mustFlush(t, j)
	equal(t, order, upTo(100))
	steps := f.log[len(f.log)-4:]
	if want := []string{"write answers.jsonl", "sync answers.jsonl", "write journal", "sync journal"}; !slices.Equal(steps, want) {
		t.Errorf("a commit does %v, want %v", steps, want)
	}
}

// Group commit: two syncs for all the rows of 100 ms.
func TestGroupCommitCountsSyncs(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := &faultFS{}
		j, err := Open(filepath.Join(dir, "answers.jsonl"), Options{FS: f})
		if err != nil {
			t.Fatal(err)
		}
		start := f.times("sync answers.jsonl")
		var mu sync.Mutex // for the race detector: a sleep orders nothing in its eyes
		var delays []time.Duration
		for i := range int64(1000) { // one a millisecond
			at := time.Now()
			if err := j.Append(entryOf(i), rowOf(i), func() {
				mu.Lock()
				defer mu.Unlock()
				delays = append(delays, time.Since(at))
			}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if n := f.times("sync answers.jsonl") - start; n != 9 && n != 10 {
			t.Errorf("%d commits in a second", n)
		}
		mu.Lock()
		worst := slices.Max(delays)
		mu.Unlock()
		if worst != 100*time.Millisecond {
			t.Errorf("a row waited %v for its commit", worst)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		n := f.times("sync answers.jsonl")
		time.Sleep(time.Hour) // idle
		mu.Lock()
		defer mu.Unlock()
		if again := f.times("sync answers.jsonl"); again != n || len(delays) != 1000 {
			t.Errorf("%d commits while idle, %d rows announced", again-n, len(delays))
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCommitBySize(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := &faultFS{}
		j, err := Open(filepath.Join(dir, "answers.jsonl"), Options{FS: f, SyncEvery: -1, SyncBytes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		start := f.times("sync answers.jsonl")
		row := []byte(strings.Repeat("x", 99) + "\n")
		for i := range int64(105) {
			if err := j.Append(Entry{Index: i}, row, nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		time.Sleep(time.Hour)
		if n := f.times("sync answers.jsonl") - start; n != 10 {
			t.Errorf("%d commits of 1,000 bytes in 10,500", n)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if n := f.times("sync answers.jsonl") - start; n != 11 {
			t.Errorf("%d commits after Close", n)
		}
	})
}

func TestNoSyncSyncsNothing(t *testing.T) {
	f := &faultFS{}
	name := tempOutput(t)
	j := mustOpen(t, name, Options{FS: f, NoSync: true})
	mustAppend(t, j, upTo(10)...)
	mustFlush(t, j)
	mustClose(t, j)
	for op, n := range f.count {
		if strings.HasPrefix(op, "sync") {
			t.Errorf("%s: %d times", op, n)
		}
	}
	j = mustOpen(t, name, Options{})
	equal(t, indices(t, name, j), upTo(10))
}

func TestFlushEndsWithItsContext(t *testing.T) {
	j := mustOpen(t, tempOutput(t), Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 100 {
		if err := j.Flush(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	mustFlush(t, j)
}

// Thousands append and intend at once; each row is there once, and Close joins
// the committer.
func TestConcurrentUse(t *testing.T) {
	defer goleak.VerifyNone(t)
	name := tempOutput(t)
	f := &faultFS{}
	j := mustOpen(t, name, Options{FS: f, SyncEvery: time.Millisecond, SyncBytes: 4 << 10})
	const callers, each = 200, 20
	var announced sync.WaitGroup
	announced.Add(callers * each)
	var wg sync.WaitGroup
	for c := range int64(callers) {
		wg.Go(func() {
			for n := range int64(each) {
				i := c*each + n
				if err := j.Intend(i, entryOf(i).ItemSum, 5); err != nil {
					t.Error(err)
				}
				if n%3 == 0 {
					j.Settle(Attempt{Index: i, Reserved: 5})
					j.Intend(i, entryOf(i).ItemSum, 5)
				}
				if err := j.Append(entryOf(i), rowOf(i), announced.Done); err != nil {
					t.Error(err)
				}
				if !j.Done(i) {
					t.Errorf("item %d is not done", i)
				}
			}
		})
	}
	wg.Wait()
	announced.Wait()
	mustClose(t, j)
	t.Logf("%d intents and %d commits in %d writes of the journal",
		callers*each, f.times("write answers.jsonl"), f.times("write journal"))
	j = mustOpen(t, name, Options{})
	list := indices(t, name, j)
	slices.Sort(list)
	equal(t, list, upTo(callers*each))
	if r := j.Recovered(); len(r.InFlight) != 0 || r.Totals.Lost != 0 {
		t.Errorf("lost calls: %+v", r)
	}
	mustClose(t, j)
}

// An intent is in the file when Intend returns, whoever wrote it.
func TestIntentIsWrittenWhenIntendReturns(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{})
	var wg sync.WaitGroup
	for c := range int64(50) {
		wg.Go(func() {
			for n := range int64(20) {
				i := c*20 + n
				if err := j.Intend(i, 9, 1); err != nil {
					t.Error(err)
				}
				if n == 19 && !intended(t, placeOf(name).journal, i) {
					t.Errorf("the intent of %d is not in the file", i)
				}
			}
		})
	}
	wg.Wait()
}

func intended(t *testing.T, path string, index int64) bool {
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return false
	}
	defer f.Close()
	s := newScanner(f, headerSize, 1<<40)
	for s.scan() {
		if in, ok := parseIntent(s.payload); s.kind == kindIntent && ok && in.index == index {
			return true
		}
	}
	return false
}

func TestReadBesideARun(t *testing.T) {
	name := tempOutput(t)
	if _, err := Read(name); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no journal: %v", err)
	}
	j := mustOpen(t, name, Options{Identity: []byte("id")})
	mustAppend(t, j, 0, 1, 2)
	mustFlush(t, j)
	if err := j.Intend(7, 1, 30); err != nil {
		t.Fatal(err)
	}
	r, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, 3)
	mustFlush(t, j)
	var got []int64
	for e, err := range r.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Index)
	}
	equal(t, got, upTo(3))
	if rec := r.Recovered(); string(rec.Identity) != "id" || rec.Rows() != 3 || len(rec.InFlight) != 1 {
		t.Errorf("read %+v", rec)
	}
	for e := range j.Entries() {
		if e.Index == 1 {
			break
		}
	}
	mustClose(t, j)
}

// Items far apart cost a page each, and no more.
func TestSparseItems(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{NoSync: true})
	far := []int64{0, 1 << 12, 1<<12 - 1, 1 << 40, 1<<62 + 5}
	for _, i := range far {
		if err := j.Append(Entry{Index: i, ItemSum: 3}, []byte("{}\n"), nil); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, j)
	j = mustOpen(t, name, Options{NoSync: true})
	for _, i := range far {
		if !j.Done(i) || j.Done(i+1) && !slices.Contains(far, i+1) {
			t.Errorf("item %d", i)
		}
	}
	if n := len(j.items.pages); n != 4 {
		t.Errorf("%d pages", n)
	}
}

func Example() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	output := filepath.Join(dir, "answers.jsonl")

	j, err := Open(output, Options{Identity: []byte(`{"model":"m"}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range int64(3) {
		if j.Done(i) {
			continue // its row is there from an earlier session
		}
		j.Intend(i, Sum([]byte("the item")), 150) // then send the request ...
		row := fmt.Appendf(nil, `{"index":%d}`+"\n", i)
		j.Append(Entry{Index: i, Requests: 1, Cost: 120}, row, func() { /* now it is durable */ })
	}
	fmt.Println(j.Close())

	j, _ = Open(output, Options{})
	defer j.Close()
	r := j.Recovered()
	fmt.Printf("%s: %d rows, %d requests, %d billionths of a dollar\n", r.Identity, r.Rows(), r.Totals.Requests, r.Totals.Cost)
	// Output:
	// <nil>
	// {"model":"m"}: 3 rows, 3 requests, 360 billionths of a dollar
}
