package paceline_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// writesFS counts the writes to the journal.
type writesFS struct {
	journal.OS
	writes atomic.Int64
}

type countedFile struct {
	journal.File
	writes *atomic.Int64
}

func (f *writesFS) OpenFile(name string, flag int, perm fs.FileMode) (journal.File, error) {
	file, err := f.OS.OpenFile(name, flag, perm)
	if err == nil && strings.HasSuffix(filepath.Dir(name), ".paceline") {
		file = countedFile{file, &f.writes}
	}
	return file, err
}

func (f countedFile) WriteAt(b []byte, at int64) (int, error) {
	f.writes.Add(1)
	return f.File.WriteAt(b, at)
}

// Of attempts that are granted together each has its intent in the journal before it
// begins, and they share their writes.
func TestIntentsOfAttemptsGrantedTogetherAreWrittenTogetherBeforeThem(t *testing.T) {
	const n, atOnce = 320, 64
	synctest.Test(t, func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "out.jsonl")
		p := byNumber(func(i int, ctx context.Context, _ func(paceline.Delta)) (*paceline.Response, error) {
			if noted := intentsIn(t, out); !slices.Contains(noted, int64(i)) {
				t.Errorf("request %d is made without an intent in the journal", i)
			}
			return text("a"), pause(ctx, time.Second)
		})
		e, err := paceline.New(p, paceline.Config{Limits: paceline.Limits{InFlight: atOnce}, Hedge: paceline.Hedge{Budget: -1}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		counted := new(writesFS)
		j, err := journal.Open(out, journal.Options{FS: counted, SyncEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		counted.writes.Store(0)
		if _, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: n}, Journal: j, Encode: row}); err != nil {
			t.Fatal(err)
		}
		if noted := intentsIn(t, out); len(noted) != n {
			t.Errorf("%d intents for %d requests", len(noted), n)
		}
		if w := counted.writes.Load(); w > n/2 {
			t.Errorf("%d writes for %d requests, of which %d are granted at a time", w, n, atOnce)
		}
	})
}

// intentsIn returns the items for which there is an intent in a journal, in order.
func intentsIn(t *testing.T, out string) (all []int64) {
	err := journal.Visit(out, journal.Visitor{Intent: func(in journal.Intent) error {
		all = append(all, in.Index)
		return nil
	}})
	if err != nil {
		t.Error(err)
	}
	slices.Sort(all)
	return all
}
