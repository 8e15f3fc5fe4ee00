package journal

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// An intent reaches the disk within SyncEvery although no row comes; then
// nothing more is synced.
func TestIntentIsOnTheDiskWithoutARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faultFS{}
		j := mustOpen(t, tempOutput(t), Options{FS: f})
		before := f.times("sync journal")
		intend(t, j, 1)
		intend(t, j, 2)
		if err := j.Settle(Attempt{Index: 1}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(99 * time.Millisecond)
		if n := f.times("sync journal"); n != before {
			t.Errorf("%d syncs before their time", n-before)
		}
		time.Sleep(2 * time.Millisecond)
		if n := f.times("sync journal"); n != before+1 {
			t.Errorf("%d syncs for two intents, want 1", n-before)
		}
		if n := f.times("sync answers.jsonl"); n != 0 {
			t.Errorf("the output was synced %d times without a row", n)
		}
		time.Sleep(time.Minute)
		if n := f.times("sync journal"); n != before+1 {
			t.Errorf("%d syncs while nothing happened", n-before-1)
		}
		mustClose(t, j)
	})
}

// A commit makes intents durable too: it needs no sync besides.
func TestIntentsShareTheSyncOfTheRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faultFS{}
		j := mustOpen(t, tempOutput(t), Options{FS: f})
		before := f.times("sync journal")
		for i := range int64(50) {
			intend(t, j, i)
			time.Sleep(20 * time.Millisecond)
			mustAppend(t, j, i)
		}
		time.Sleep(time.Second)
		if n := f.times("sync journal") - before; n > 12 {
			t.Errorf("%d syncs in a second, want one every 100 ms", n)
		}
		mustClose(t, j)
	})
}

// The shortest SyncEvery, which `--sync each` sets, commits every row at once;
// NoSync never syncs.
func TestSyncEachAndNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faultFS{}
		j := mustOpen(t, tempOutput(t), Options{FS: f, SyncEvery: 1})
		for i := range int64(5) {
			before := f.times("sync answers.jsonl")
			mustAppend(t, j, i)
			time.Sleep(time.Microsecond)
			if n := f.times("sync answers.jsonl") - before; n != 1 {
				t.Errorf("%d syncs for a row", n)
			}
		}
		mustClose(t, j)

		f = &faultFS{}
		j = mustOpen(t, tempOutput(t), Options{FS: f, NoSync: true})
		intend(t, j, 1)
		mustAppend(t, j, 0)
		time.Sleep(time.Minute)
		mustClose(t, j)
		if n := f.times("sync answers.jsonl") + f.times("sync journal"); n != 0 {
			t.Errorf("%d syncs without sync", n)
		}
	})
}

func TestFault51SyncOfIntentsFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faultFS{match: is("sync", "journal"), n: 2, err: syscall.EIO}
		j := mustOpen(t, tempOutput(t), Options{FS: f})
		intend(t, j, 1)
		<-j.Failed()
		if err := j.Err(); !errors.Is(err, syscall.EIO) {
			t.Errorf("failed with %v", err)
		}
		if err := j.Intend(2, 1, 1); err != j.Err() {
			t.Errorf("the next intent: %v", err)
		}
		j.Close()
	})
}
