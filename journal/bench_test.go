package journal

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

var benchRow = append(make([]byte, 299), '\n')

// Rows of 300 bytes from one goroutine, with their commits.
func benchmarkAppend(b *testing.B, o Options) {
	j := mustOpen(b, tempOutput(b), o)
	b.ReportAllocs()
	b.SetBytes(int64(len(benchRow)))
	i := int64(0)
	for b.Loop() {
		e := Entry{Index: i, ItemSum: 1, Started: time.UnixMilli(1_800_000_000_000), FirstToken: 500 * time.Millisecond,
			Total: 2 * time.Second, Requests: 1, Attempts: 1, PromptTokens: 300, CompletionTokens: 200, Cost: 165}
		if err := j.Append(e, benchRow, nil); err != nil {
			b.Fatal(err)
		}
		i++
	}
	mustClose(b, j)
}

func BenchmarkAppendGroupCommit(b *testing.B) { benchmarkAppend(b, Options{}) }
func BenchmarkAppendNoSync(b *testing.B)      { benchmarkAppend(b, Options{NoSync: true}) }

// A commit of its own for every row: what group commit saves.
func BenchmarkAppendSyncEach(b *testing.B) {
	j := mustOpen(b, tempOutput(b), Options{})
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		if err := j.Append(Entry{Index: i}, benchRow, nil); err != nil {
			b.Fatal(err)
		}
		if err := j.Flush(context.Background()); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkIntend(b *testing.B) {
	j := mustOpen(b, tempOutput(b), Options{})
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		if err := j.Intend(i, 1, 150); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// Intents of 1,000 goroutines, while rows are committed beside.
func BenchmarkIntendParallel(b *testing.B) {
	j := mustOpen(b, tempOutput(b), Options{})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := int64(1 << 40); ; i++ {
			select {
			case <-stop:
				return
			default:
				j.Append(Entry{Index: i}, benchRow, nil)
			}
			time.Sleep(100 * time.Microsecond)
		}
	}()
	b.ReportAllocs()
	b.SetParallelism(1000 / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		i := int64(0)
		for pb.Next() {
			if err := j.Intend(i%1_000_000, 1, 150); err != nil {
				b.Error(err)
				return
			}
			i++
		}
	})
	close(stop)
	<-stopped
}

func BenchmarkDone(b *testing.B) {
	var t items
	for i := range int64(1_000_000) {
		t.setDone(i, 1)
	}
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		if !t.isDone(i % 1_000_000) {
			b.Fatal(i)
		}
		i++
	}
}

// bigRun makes a run of rows of 30 bytes, each with its intent, and returns the
// output. PACELINE_ROWS sets how many; 1,000,000.
func bigRun(b *testing.B) (name string, rows int64) {
	rows, _ = strconv.ParseInt(os.Getenv("PACELINE_ROWS"), 10, 64)
	if rows == 0 {
		rows = 1_000_000
	}
	name = filepath.Join(b.TempDir(), "answers.jsonl")
	j := mustOpen(b, name, Options{NoSync: true})
	row := append(make([]byte, 29), '\n')
	for i := range rows {
		i ^= 0x155 // not quite in order
		if err := j.tail.later(func(dst []byte) []byte { return appendIntent(dst, intent{i, 7, 150, Unknown}) }); err != nil {
			b.Fatal(err)
		}
		e := Entry{Index: i, ItemSum: 7, Started: time.UnixMilli(1_800_000_000_000 + i), FirstToken: 500 * time.Millisecond,
			Total: 2 * time.Second, Requests: 1, Attempts: 1, PromptTokens: 300, CompletionTokens: 200, Cost: 165}
		if err := j.Append(e, row, nil); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, j)
	return name, rows
}

// Opening a journal of 1,000,000 rows.
func BenchmarkRecover(b *testing.B) {
	name, rows := bigRun(b)
	b.ReportAllocs()
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		j, err := Open(name, Options{NoSync: true})
		if err != nil {
			b.Fatal(err)
		}
		if n := j.Recovered(); n.Rows() != rows {
			b.Fatalf("%d rows", n.Rows())
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		mustClose(b, j)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
}

// Putting 1,000,000 rows in order.
func BenchmarkRewriteOrdered(b *testing.B) {
	name, rows := bigRun(b)
	j := mustOpen(b, name, Options{NoSync: true})
	n := 0
	for b.Loop() {
		o := RewriteOptions{Ordered: true}
		if n++; n > 1 { // it is in order by now: copy it all the same
			o.Keep = func(e Entry) bool { return e.Index != rows-int64(n) }
		}
		if err := j.Rewrite(context.Background(), o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

// A visit of entries with their intents, as a run leaves them: what a report of
// a large run reads.
func BenchmarkVisit(b *testing.B) {
	name := tempOutput(b)
	j := mustOpen(b, name, Options{NoSync: true})
	const rows = 100_000
	for i := range int64(rows) {
		e := typicalEntry(i)
		if err := j.Intend(i, 1, 150); err != nil {
			b.Fatal(err)
		}
		if err := j.Append(e, benchRow, nil); err != nil {
			b.Fatal(err)
		}
	}
	mustClose(b, j)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		err := Visit(name, Visitor{
			Intent: func(Intent) error { return nil },
			Entry: func(e *Entry) error {
				n++
				return nil
			}})
		if err != nil || n != rows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(2*rows), "ns/record")
}

func typicalEntry(i int64) Entry {
	e := Entry{Index: i, ItemSum: 1, RowSum: 2, Offset: 300 * i, Length: 300, Started: time.UnixMilli(1_800_000_000_000),
		FirstToken: 500 * time.Millisecond, Total: 2 * time.Second, Requests: 1, Attempts: 1,
		PromptTokens: 300, CompletionTokens: 200, Cost: 165, Brought: Used{300, 200, 165}}
	e.Trip = Trip{Started: e.Started, FirstToken: e.FirstToken, Total: e.Total, HTTP: 200, Bytes: 1800, RequestID: "req_0123456789abcdef0123456789abcdef"}
	return e
}

// An ordinary entry grows by its request id, and by a few bytes.
func TestTripIsCompact(t *testing.T) {
	with := typicalEntry(5)
	without := with
	without.Trip = Trip{}
	grows := len(appendEntry(nil, &with)) - len(appendEntry(nil, &without)) - len(with.Trip.RequestID)
	if grows > 8 {
		t.Errorf("an entry grows by %d bytes beside the request id", grows)
	}
}

func BenchmarkEncodeEntry(b *testing.B) {
	e := typicalEntry(5)
	buf := make([]byte, 0, maxEntry)
	b.ReportAllocs()
	for b.Loop() {
		buf = appendEntry(buf[:0], &e)
	}
}
