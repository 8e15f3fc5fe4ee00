package journal

import (
	"errors"
	"slices"
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

// Reservations noted together are the records that they would be one by one, in their
// order, by one write; one that cannot be noted leaves none.
func TestReservationsAreWrittenTogether(t *testing.T) {
	f := &faultFS{}
	out := tempOutput(t)
	j := mustOpen(t, out, Options{FS: f})
	mustAppend(t, j, 3)
	before := f.times("write journal")
	all := []Reservation{{Index: 7, Sum: 5, Cost: 9, Tokens: 11}, {Index: 4, Cost: Unknown, Tokens: Unknown}}
	if err := j.ReserveAll(all); err != nil {
		t.Fatal(err)
	}
	if n := f.times("write journal") - before; n != 1 {
		t.Errorf("%d writes for two intents, want 1", n)
	}
	failure(t, j.ReserveAll([]Reservation{{Index: 8}, {Index: 3}}), CodeUsage)
	mustClose(t, j)
	var got []Intent
	err := Visit(out, Visitor{Intent: func(in Intent) error { got = append(got, in); return nil }})
	if want := []Intent{{7, 9, 11}, {4, Unknown, Unknown}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("read %v, %v; want %v", got, err, want)
	}
}
