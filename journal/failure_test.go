package journal

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
)

func is(op, base string) func(string, string) bool {
	return func(o, b string) bool { return o == op && b == base }
}

// runUntilFailure appends rows, one commit each, until the journal fails, and
// returns those whose commit was announced.
func runUntilFailure(t *testing.T, j *Journal) (announced []int64, err error) {
	t.Helper()
	for i := range int64(20) {
		if err := j.Intend(i, entryOf(i).ItemSum, 1); err != nil {
			return announced, err
		}
		done := false
		if err := j.Append(entryOf(i), rowOf(i), func() { done = true }); err != nil {
			return announced, err
		}
		err := j.Flush(context.Background())
		if done {
			announced = append(announced, i)
		}
		if err != nil {
			return announced, err
		}
	}
	return announced, nil
}

// stopped checks that a failed journal stays failed, and that what it announced
// is found by the next one.
func stopped(t *testing.T, name string, j *Journal, announced []int64, first error) {
	t.Helper()
	select {
	case <-j.Failed():
	default:
		t.Fatal("Failed is not closed")
	}
	for what, err := range map[string]error{
		"Err": j.Err(), "Intend": j.Intend(99, 1, 1), "Settle": j.Settle(Attempt{Index: 99}),
		"Append": j.Append(entryOf(99), rowOf(99), nil), "Flush": j.Flush(context.Background()),
		"SetIdentity": j.SetIdentity(nil), "Rewrite": j.Rewrite(context.Background(), RewriteOptions{Ordered: true}),
		"Close": j.Close(), "Close again": j.Close(),
	} {
		if err != first {
			t.Errorf("%s returns %v, want the first failure, %v", what, err, first)
		}
	}
	if rows := mustRead(t, name); len(rows) > 0 && rows[len(rows)-1] != '\n' {
		t.Errorf("the output ends with a torn row: %q", rows)
	}
	k := mustOpen(t, name, Options{NoSync: true})
	got := indices(t, name, k)
	if len(got) < len(announced) {
		t.Fatalf("%d rows were announced, %d are there", len(announced), len(got))
	}
	equal(t, got, upTo(int64(len(got))))
}

func TestFault50DiskFull(t *testing.T) {
	for _, base := range []string{"answers.jsonl", "journal"} {
		for n := 2; n < 12; n++ {
			for _, half := range []bool{false, true} {
				name := tempOutput(t)
				f := &faultFS{match: is("write", base), n: n, err: errFull, half: half, stays: true}
				j := mustOpen(t, name, Options{FS: f, RoomWait: -1})
				announced, err := runUntilFailure(t, j)
				e := failure(t, err, CodeIO)
				if !errors.Is(err, syscall.ENOSPC) || strings.Contains(e.Error(), "\n") {
					t.Fatalf("%v does not tell the cause in a line", err)
				}
				writes := f.times("write answers.jsonl") + f.times("write journal")
				stopped(t, name, j, announced, err)
				if again := f.times("write answers.jsonl") + f.times("write journal"); again != writes {
					t.Fatalf("%d writes after the failure", again-writes)
				}
			}
		}
	}
}

func TestFault50ShortWrite(t *testing.T) {
	for _, base := range []string{"answers.jsonl", "journal"} {
		name := tempOutput(t)
		j := mustOpen(t, name, Options{FS: &faultFS{match: is("write", base), n: 5, err: errFull, half: true, mute: true}})
		announced, err := runUntilFailure(t, j)
		if failure(t, err, CodeIO); !errors.Is(err, io.ErrShortWrite) {
			t.Fatalf("got %v", err)
		}
		stopped(t, name, j, announced, err)
	}
}

func TestFault50FullAtTheStart(t *testing.T) {
	for n := 1; ; n++ {
		name := tempOutput(t)
		f := &faultFS{n: n, err: errFull}
		j, err := Open(name, Options{FS: f})
		if err == nil {
			j.Close() // the n-th operation is one of these
			break
		}
		failure(t, err, CodeIO)
		k := mustOpen(t, name, Options{}) // nothing stands in the way of a second try
		mustAppend(t, k, 0)
		mustClose(t, k)
	}
}

func TestMain(m *testing.M) {
	reserveBytes, reserveLeast = 2*reserveChunk, 2*reserveChunk
	m.Run()
}

// A disk that is still full is found out before anything is changed or sent.
func TestFault50StillFull(t *testing.T) {
	name := tempOutput(t)
	rows, records := smallRun(t, name, upTo(5)...)
	put(t, name, append(rows, "torn"...), records)
	for op, n := range map[string]int{"open": 1, "write": 2, "sync": 1} {
		f := &faultFS{match: is(op, "reserve.tmp"), n: n, err: errFull}
		_, err := Open(name, Options{FS: f})
		if failure(t, err, CodeIO); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: got %v", op, err)
		}
		if f.times("write answers.jsonl")+f.times("truncate answers.jsonl")+f.times("write journal") > 0 {
			t.Errorf("%s: the files were touched: %v", op, f.log)
		}
		if exists(placeOf(name).reserve) {
			t.Errorf("%s: the reserve was left behind", op)
		}
	}
	equal(t, indices(t, name, mustOpen(t, name, Options{})), upTo(5))
}

// After Flush nobody is told anything, also when it only says that the journal
// is closed.
func TestFlushWaitsForTheLastCommit(t *testing.T) {
	j := mustOpen(t, tempOutput(t), Options{SyncEvery: -1})
	told := false
	held, release := make(chan struct{}), make(chan struct{})
	err := j.Append(entryOf(0), rowOf(0), func() {
		close(held)
		<-release
		told = true
	})
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- j.Close() }()
	<-held
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("while the last commit goes on: %v", err)
	}
	close(release)
	if failure(t, j.Flush(context.Background()), CodeClosed); !told {
		t.Error("Flush returned before the last commit was told of")
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestFault51SyncFails(t *testing.T) {
	for _, base := range []string{"answers.jsonl", "journal"} {
		name := tempOutput(t)
		f := &faultFS{match: is("sync", base), n: 6, err: syscall.EIO}
		j := mustOpen(t, name, Options{FS: f})
		announced, err := runUntilFailure(t, j)
		if failure(t, err, CodeIO); !errors.Is(err, syscall.EIO) {
			t.Fatalf("got %v", err)
		}
		syncs := f.times("sync answers.jsonl") + f.times("sync journal")
		stopped(t, name, j, announced, err)
		if again := f.times("sync answers.jsonl") + f.times("sync journal"); again != syncs {
			t.Fatalf("%d syncs after the one that failed", again-syncs)
		}
	}
}

// A failure frees whoever waits: for room in the queue, for a commit.
func TestFault50WaitersAreFreed(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{SyncBytes: 100, RoomWait: -1, FS: &faultFS{match: is("write", "answers.jsonl"), n: 3, err: errFull, stays: true}})
	failed := make(chan error)
	for w := range int64(20) {
		go func() {
			for i := w; ; i += 20 {
				if err := j.Append(entryOf(i), rowOf(i), nil); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	for range 20 {
		if err := <-failed; err != j.Err() {
			t.Errorf("got %v, want %v", err, j.Err())
		}
	}
	if err := j.Close(); err != j.Err() || err == nil {
		t.Errorf("Close returned %v", err)
	}
}
