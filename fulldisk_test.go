package paceline_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// fillingDisk is the operating system's file system, until it is full: then it takes
// what was kept free for it, and no more.
type fillingDisk struct {
	journal.OS
	full    atomic.Bool
	reserve atomic.Int64 // what the removal of the journal's reserve makes free
	room    atomic.Int64
}

func (d *fillingDisk) OpenFile(name string, flag int, perm fs.FileMode) (journal.File, error) {
	f, err := d.OS.OpenFile(name, flag, perm)
	return fillingFile{f, d, isReserve(name)}, err
}

func (d *fillingDisk) Remove(name string) error {
	err := d.OS.Remove(name)
	if err == nil && d.full.Load() && isReserve(name) {
		d.room.Add(d.reserve.Swap(0))
	}
	return err
}

func isReserve(name string) bool { return filepath.Base(name) == "reserve.tmp" }

type fillingFile struct {
	journal.File
	disk      *fillingDisk
	isReserve bool
}

func (f fillingFile) WriteAt(b []byte, off int64) (int, error) {
	n := int64(len(b))
	if f.disk.full.Load() {
		if f.disk.room.Add(-n) < 0 {
			f.disk.room.Add(n)
			return 0, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
		}
		if f.isReserve {
			f.disk.reserve.Add(n)
		}
	}
	return f.File.WriteAt(b, off)
}

// Truncate gives back what the reserve had more.
func (f fillingFile) Truncate(size int64) error {
	if freed := f.disk.reserve.Load() - size; f.isReserve && freed > 0 && f.disk.full.Load() {
		f.disk.reserve.Store(size)
		f.disk.room.Add(freed)
	}
	return f.File.Truncate(size)
}

func (f fillingFile) Sync() error { return nil }

// A fullRun is a run whose disk fills up one second after its beginning, while 50
// calls are in flight that take three.
type fullRun struct {
	*testing.T
	engine *paceline.Engine
	disk   fillingDisk
	out    string
	wait   time.Duration

	mu    sync.Mutex
	sent  map[int]int
	while int // sent while the disk was full
}

const fullRunItems = 300

func runFull(t *testing.T, reserve int64, f func(*fullRun)) {
	r := &fullRun{T: t, out: filepath.Join(t.TempDir(), "out.jsonl"), wait: time.Minute, sent: map[int]int{}}
	r.disk.reserve.Store(reserve)
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		r.mu.Lock()
		r.sent[i]++
		if r.disk.full.Load() {
			r.while++
		}
		r.mu.Unlock()
		return answers(3*time.Second, "a")(ctx, emit)
	})
	cfg := paceline.Config{Limits: paceline.Limits{InFlight: 50}, Hedge: paceline.Hedge{Budget: 0.5}}
	running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
		r.T, r.engine = t, e
		f(r)
	})
}

// run makes a run with the journal opened, and ends it.
func (r *fullRun) run(ctx context.Context) (paceline.Summary, *journal.Journal, error) {
	j, err := journal.Open(r.out, journal.Options{FS: &r.disk, RoomWait: r.wait})
	if err != nil {
		r.Fatal(err)
	}
	defer j.Close()
	sum, err := r.engine.Run(ctx, paceline.Job{Source: &numbers{n: fullRunItems}, Journal: j, Encode: row})
	return sum, j, err
}

// fills has the disk full for so long from now on.
func (r *fullRun) fills(after, long time.Duration) {
	time.AfterFunc(after, func() { r.disk.full.Store(true) })
	time.AfterFunc(after+long, func() { r.disk.full.Store(false) })
}

// once checks that every item was sent once, and that nothing was while the disk was full.
func (r *fullRun) once() {
	r.Helper()
	for i, n := range r.sent {
		if n != 1 {
			r.Errorf("item %d was sent %d times", i, n)
		}
	}
	if r.while > 0 {
		r.Errorf("%d calls were sent while the disk was full", r.while)
	}
}

func TestFault50ARunWaitsForRoom(t *testing.T) {
	for name, reserve := range map[string]int64{"in the reserve": 1 << 20, "in memory": 0} {
		t.Run(name, func(t *testing.T) {
			runFull(t, reserve, func(r *fullRun) {
				r.fills(time.Second, 30*time.Second)
				time.AfterFunc(20*time.Second, func() {
					s := r.engine.Stats()
					if n := s.Pace.NoRoom; !strings.HasPrefix(n.Path, r.out) || n.Bytes < 1<<20 || n.For <= 30*time.Second || n.For > 50*time.Second {
						t.Errorf("short of %+v", n)
					}
					if s.Pace.LimitedBy != paceline.BottleneckDisk || s.InFlight != 0 || s.Waiting == 0 {
						t.Errorf("held back by %v, %d in flight, %d wait", s.Pace.LimitedBy, s.InFlight, s.Waiting)
					}
				})
				sum, j, err := r.run(r.Context())
				if items, _ := j.Unkept(); err != nil || sum.Done != fullRunItems || len(items) > 0 {
					t.Errorf("%v, %d done, %d not kept", err, sum.Done, len(items))
				}
				if sum.Stats.Pace.NoRoom != (paceline.NoRoom{}) || sum.Limited[paceline.BottleneckDisk] < 20*time.Second {
					t.Errorf("at the end: %+v, held back %v", sum.Stats.Pace.NoRoom, sum.Limited)
				}
				r.once()
			})
		})
	}
}

func TestFault50ARunOnAFullDiskEndsWithAllThatWasPaidFor(t *testing.T) {
	runFull(t, 1<<20, func(r *fullRun) {
		r.fills(time.Second, time.Hour)
		began := time.Now()
		sum, j, err := r.run(r.Context())
		if took := time.Since(began); took < time.Minute || took > 70*time.Second {
			t.Errorf("it ended after %v", took)
		}
		e, ok := errors.AsType[*journal.Error](err)
		if !ok || e.Code != journal.CodeFull || !errors.Is(err, syscall.ENOSPC) || sum.StoppedBy != "journal" {
			t.Errorf("stopped by %s: %v", sum.StoppedBy, err)
		}
		if items, _ := j.Unkept(); len(items) > 0 || sum.Done != int64(len(r.sent)) || sum.Lost != 0 {
			t.Errorf("%d done of %d sent, %d lost, not kept: %v", sum.Done, len(r.sent), sum.Lost, items)
		}
		r.disk.full.Store(false)
		if sum, _, err := r.run(r.Context()); err != nil || sum.Done+sum.Resumed != fullRunItems {
			t.Errorf("continued: %v, %d done", err, sum.Done)
		}
		r.once()
	})
}

func TestFault50WhatAFullDiskDidNotKeepIsNamed(t *testing.T) {
	runFull(t, 0, func(r *fullRun) {
		r.fills(time.Second, time.Hour)
		sum, j, err := r.run(r.Context())
		items, _ := j.Unkept()
		if err == nil || len(items) == 0 || sum.Done+int64(len(items)) != int64(len(r.sent)) || sum.Lost != int64(len(items)) {
			t.Errorf("%v; %d done of %d sent, %d lost, not kept: %d", err, sum.Done, len(r.sent), sum.Lost, len(items))
		}
	})
}

// Whoever interrupts a run that waits for room waits no longer than for the calls in
// flight.
func TestFault50ARunThatWaitsForRoomCanBeInterrupted(t *testing.T) {
	for _, reserve := range []int64{0, 1 << 20} {
		runFull(t, reserve, func(r *fullRun) {
			r.wait = time.Hour
			r.fills(time.Second, time.Hour)
			ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
			defer cancel()
			began := time.Now()
			sum, _, err := r.run(ctx)
			if took := time.Since(began); err == nil || took > 21*time.Second || sum.StoppedBy != "interrupted" {
				t.Errorf("after %v: %v, %s", took, err, sum.StoppedBy)
			}
		})
	}
}
