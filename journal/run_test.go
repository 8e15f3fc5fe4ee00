package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A small run, and what every test asks of a recovered one.

func rowOf(index int64) []byte {
	return fmt.Appendf(nil, `{"index":%d,"llm":{"response":"%0*d"}}`+"\n", index, index%17, index)
}

func entryOf(index int64) Entry {
	e := Entry{
		Index: index, Status: Status(index % 3), Code: uint8(index % 5), ItemSum: uint32(index)*2654435761 + 1,
		Started: time.UnixMilli(1_700_000_000_000 + index), FirstToken: time.Duration(index) * time.Millisecond,
		Total: time.Duration(index) * time.Second, Requests: 1 + index%3, Attempts: 1,
		PromptTokens: 10 * index, CompletionTokens: index, Cost: index - 1,
	}
	if index%4 != 1 { // as older versions wrote
		e.Trip = tripOf(index)
	}
	return e
}

// tripOf has each field in some and not in others.
func tripOf(index int64) Trip {
	t := Trip{Started: time.UnixMilli(1_700_000_000_000 + index*index), FirstToken: time.Duration(index) * time.Millisecond,
		Total: time.Duration(index) * time.Second, Bytes: index * 1000, Hedge: index%3 == 2}
	if index%2 == 0 {
		t.HTTP, t.RequestID = 200, fmt.Sprintf("req_%d", index)
	}
	if index%5 > 2 {
		t.HTTP, t.Endpoint, t.Model, t.Message = 503, "east", "big", "overloaded; über"
	}
	return t
}

func momentOf(index int64) Moment {
	return Moment{At: time.UnixMilli(1_700_000_001_000 + index), Span: time.Second, Requests: 3 + index, Throttled: index, InFlight: 2,
		RequestLimit: 500_000, FoundOut: index%2 == 0, Adapts: index%3 == 0, RequestsGiven: index%5 == 0, TokensGiven: index%7 == 0, Limited: []time.Duration{0, time.Second}}
}

func tempOutput(t testing.TB) string { return filepath.Join(t.TempDir(), "answers.jsonl") }

func mustOpen(t testing.TB, name string, o Options) *Journal {
	t.Helper()
	j, err := Open(name, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func mustAppend(t testing.TB, j *Journal, indices ...int64) {
	t.Helper()
	for _, i := range indices {
		if err := j.Append(entryOf(i), rowOf(i), nil); err != nil {
			t.Fatalf("Append(%d): %v", i, err)
		}
	}
}

func mustFlush(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Flush(context.Background()); err != nil {
		t.Fatalf("Flush: %v", err)
	}
}

func mustClose(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

// smallRun makes a closed run of the given rows in a few commits, each row with
// its intent before, and returns its two files.
func smallRun(t testing.TB, name string, indices ...int64) (rows, records []byte) {
	t.Helper()
	j := mustOpen(t, name, Options{Identity: []byte("the run"), SyncEvery: -1, NoSync: true})
	for n, i := range indices {
		if err := j.Intend(i, entryOf(i).ItemSum, 100); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, j, i)
		if n%3 == 2 {
			mustFlush(t, j)
			if err := j.Note(momentOf(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	mustClose(t, j)
	return mustRead(t, name), mustRead(t, placeOf(name).journal)
}

func mustRead(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// put lays out the files of a run; nil: none.
func put(t testing.TB, name string, rows, records []byte) {
	t.Helper()
	p := placeOf(name)
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string][]byte{p.output: rows, p.journal: records} {
		os.Remove(path)
		if b == nil {
			continue
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// indices returns the items of the rows as the journal has them, after checking
// that output, entries and bitmap agree, byte by byte.
func indices(t testing.TB, name string, j *Journal) []int64 {
	t.Helper()
	rows := mustRead(t, name)
	var list []int64
	var end int64
	for e, err := range j.Entries() {
		if err != nil {
			t.Fatalf("Entries: %v", err)
		}
		if e.Offset != end || e.Offset+e.Length > int64(len(rows)) {
			t.Fatalf("row %d stands at %d+%d behind %d in %d bytes", e.Index, e.Offset, e.Length, end, len(rows))
		}
		end += e.Length
		if got := string(rows[e.Offset:end]); got != string(rowOf(e.Index)) {
			t.Fatalf("row %d is %q", e.Index, got)
		}
		if !j.Done(e.Index) {
			t.Fatalf("item %d has a row and is not done", e.Index)
		}
		want := entryOf(e.Index)
		want.Offset, want.Length, want.RowSum = e.Offset, e.Length, Sum(rowOf(e.Index))
		want.carried = e.carried // where a rewrite was
		if e != want {
			t.Fatalf("entry\n%+v, want\n%+v", e, want)
		}
		if sum, ok := j.ItemSum(e.Index); !ok || sum != want.ItemSum {
			t.Fatalf("item %d has the sum %d, %v", e.Index, sum, ok)
		}
		list = append(list, e.Index)
	}
	if end != int64(len(rows)) {
		t.Fatalf("the output has %d bytes, the journal %d", len(rows), end)
	}
	return list
}

func equal(t testing.TB, got, want []int64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("rows %v, want %v", got, want)
	}
}

func upTo(n int64) []int64 {
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(i)
	}
	return list
}

// failure returns the journal's error in err, which must have the given code.
func failure(t testing.TB, err error, code Code) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an error with code %v", err, code)
	}
	if e.Code != code {
		t.Fatalf("got code %v (%v), want %v", e.Code, e, code)
	}
	return e
}
