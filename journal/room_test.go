package journal

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const smallRoom = 96 << 10 // beside the reserve of tests

// onSmallDisk opens a journal on a disk with little room, within a bubble, and has
// rows in flight whose intents are noted.
func onSmallDisk(t *testing.T, wait time.Duration, inFlight int64, f func(*testing.T, string, *Journal, *smallDisk)) {
	synctest.Test(t, func(t *testing.T) {
		name := tempOutput(t)
		disk := newSmallDisk(smallRoom + reserveBytes)
		j, err := Open(name, Options{FS: disk, RoomWait: wait, NoSync: true, SyncBytes: 4 << 10})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		for i := range inFlight {
			if err := j.Intend(i, longEntry(i).ItemSum, 1); err != nil {
				t.Fatal(err)
			}
		}
		f(t, name, j, disk)
	})
}

func longEntry(i int64) Entry {
	return Entry{Index: i, ItemSum: uint32(i + 1), Requests: 1, Cost: 1000}
}

// longRow takes 1,000 bytes.
func longRow(i int64) []byte {
	row := make([]byte, 1000)
	for k := range row {
		row[k] = 'a' + byte(i%26)
	}
	row[999] = '\n'
	return row
}

func appendLong(t *testing.T, j *Journal, committed func(), indices ...int64) {
	t.Helper()
	for _, i := range indices {
		if err := j.Append(longEntry(i), longRow(i), committed); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
}

// On a full disk nothing may start, but the rows of calls in flight have the room
// that was kept for them; and once there is room, all goes on.
func TestFault50TheReserveKeepsWhatIsInFlight(t *testing.T) {
	const n = 130 // of which the disk takes some 60, and the reserve as many again
	onSmallDisk(t, time.Minute, n, func(t *testing.T, name string, j *Journal, disk *smallDisk) {
		kept := 0
		appendLong(t, j, func() { kept++ }, upTo(n)...)
		time.Sleep(5 * time.Second)
		short, _ := j.Room()
		if short == nil || !errors.Is(short.Err, syscall.ENOSPC) || short.Bytes < reserveLeast || short.Until.Sub(short.Since) != time.Minute {
			t.Fatalf("short of %+v", short)
		}
		failure(t, j.Intend(n, 1, 1), CodeFull)
		failure(t, j.ReserveAll([]Reservation{{Index: n}}), CodeFull)
		if err := j.Settle(Attempt{Index: 3}); err != nil || kept != n || j.Err() != nil {
			t.Errorf("%d of %d rows were kept: %v, %v", kept, n, err, j.Err())
		}
		time.Sleep(10 * time.Minute) // who waits for room is somebody else
		_, ended := j.Room()
		disk.free(2 * reserveBytes)
		<-ended
		if short, _ := j.Room(); short != nil || j.Intend(n, 1, 1) != nil {
			t.Errorf("with room: short of %+v", short)
		}
		if disk.sizeOf(j.place.reserve) != reserveBytes {
			t.Errorf("the reserve has %d bytes again", disk.sizeOf(j.place.reserve))
		}
		mustClose(t, j)
		if exists(j.place.reserve) {
			t.Error("the reserve was left behind")
		}
		holds(t, name, n)
	})
}

// holds checks that an output holds the long rows of n items, each once.
func holds(t *testing.T, name string, n int64) {
	t.Helper()
	k := mustOpen(t, name, Options{NoSync: true})
	defer k.Close()
	rows := mustRead(t, name)
	for i := range n {
		if row := rows[1000*i:][:1000]; !slices.Equal(row, longRow(i)) {
			t.Fatalf("row %d begins with %q", i, row[:10])
		}
	}
	if r := k.Recovered(); r.Rows() != n || int64(len(rows)) != 1000*n {
		t.Errorf("%d rows of %d in %d bytes", r.Rows(), n, len(rows))
	}
}

// Rows beyond the reserve wait in memory, any number of them, and are written once
// there is room.
func TestFault50RowsWaitForRoom(t *testing.T) {
	const n = 400
	onSmallDisk(t, time.Minute, n, func(t *testing.T, name string, j *Journal, disk *smallDisk) {
		appendLong(t, j, nil, upTo(n)...)
		time.Sleep(50 * time.Second)
		if err := j.Err(); err != nil {
			t.Fatalf("after 50 s: %v", err)
		}
		disk.free(1 << 20)
		if err := j.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustClose(t, j)
		if items, _ := j.Unkept(); len(items) > 0 {
			t.Errorf("not kept: %v", items)
		}
		holds(t, name, n)
	})
}

// What could not be kept is named, and what could is there.
func TestFault50WhatCouldNotBeKeptIsNamed(t *testing.T) {
	const n = 400
	onSmallDisk(t, time.Minute, n, func(t *testing.T, name string, j *Journal, disk *smallDisk) {
		kept := int64(0)
		appendLong(t, j, func() { kept++ }, upTo(n-1)...)
		began := time.Now()
		<-j.Failed()
		if took := time.Since(began); took < 55*time.Second || took > 61*time.Second {
			t.Errorf("it failed after %v", took)
		}
		if err := j.Append(longEntry(n-1), longRow(n-1), nil); err == nil { // an answer that comes too late
			t.Error("a row was taken by a journal that failed")
		}
		if failure(t, j.Close(), CodeIO); kept < 110 {
			t.Errorf("%d rows were kept, and there is room for more", kept)
		}
		items, cost := j.Unkept()
		if slices.Sort(items); !slices.Equal(items, upTo(n)[kept:]) || cost != 1000*int64(len(items)) {
			t.Errorf("%d rows were kept; not kept at %d: %v", kept, cost, items)
		}
		disk.free(1 << 20)
		k := mustOpen(t, name, Options{NoSync: true})
		defer k.Close()
		r := k.Recovered()
		if r.Rows() != kept || int64(len(r.InFlight)) != n-kept {
			t.Errorf("%d rows, %d items in flight; %d were kept", r.Rows(), len(r.InFlight), kept)
		}
	})
}

// A run that ends does not wait for room, nor does whoever waits already.
func TestFault50HurryWaitsForNoRoom(t *testing.T) {
	onSmallDisk(t, time.Hour, 400, func(t *testing.T, _ string, j *Journal, _ *smallDisk) {
		j.Hurry(true)
		j.Hurry(false)
		appendLong(t, j, nil, upTo(400)...)
		time.Sleep(time.Minute)
		if j.Err() != nil {
			t.Error("it did not wait")
		}
		began := time.Now()
		j.Hurry(true)
		j.Hurry(true)
		if err := j.Flush(context.Background()); !errors.Is(err, syscall.ENOSPC) || time.Since(began) > time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// Writers that find the disk full at the same time, while it is looked for room, lose
// nothing; a shortage that is over has its reserve.
func TestFault50ShortagesComeAndGo(t *testing.T) {
	const n = 600
	onSmallDisk(t, time.Hour, n, func(t *testing.T, name string, j *Journal, disk *smallDisk) {
		for i := range int64(n) {
			appendLong(t, j, nil, i)
			if i%100 == 99 {
				time.Sleep(3 * time.Second)
			}
			if short, _ := j.Room(); short != nil && i%7 == 0 {
				disk.free(20 << 10)
			} else if short == nil && disk.sizeOf(j.place.reserve) < reserveLeast {
				t.Fatal("there is room, but no reserve")
			}
			go j.Settle(Attempt{Index: n + i})
		}
		disk.free(4 << 20)
		if err := j.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustClose(t, j)
		k := mustOpen(t, name, Options{NoSync: true})
		if r := k.Recovered(); r.Rows() != n {
			t.Errorf("%d rows", r.Rows())
		}
		mustClose(t, k)
	})
}
