package journal

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

func done(e Entry) bool { return e.Status == Done }

var scrambled = []int64{8, 3, 0, 2, 1, 5, 4, 9, 7}

func TestRewrite(t *testing.T) {
	ordered := slices.Sorted(slices.Values(scrambled))
	for what, c := range map[string]struct {
		o    RewriteOptions
		want []int64
	}{
		"nothing":          {RewriteOptions{}, scrambled},
		"all stay":         {RewriteOptions{Keep: func(Entry) bool { return true }}, scrambled},
		"ordered":          {RewriteOptions{Ordered: true}, ordered},
		"done":             {RewriteOptions{Keep: done}, []int64{3, 0, 9}},
		"done and ordered": {RewriteOptions{Ordered: true, Keep: done}, []int64{0, 3, 9}},
		"none":             {RewriteOptions{Keep: func(Entry) bool { return false }}, nil},
	} {
		t.Run(what, func(t *testing.T) {
			name := tempOutput(t)
			smallRun(t, name, scrambled...)
			if err := os.Chmod(name, 0o600); err != nil {
				t.Fatal(err)
			}
			j := mustOpen(t, name, Options{NoSync: true})
			before := j.Recovered()
			if err := j.Intend(50, 5, 70); err != nil { // lost, by the rewrite's reckoning
				t.Fatal(err)
			}
			if err := j.Rewrite(context.Background(), c.o); err != nil {
				t.Fatal(err)
			}
			equal(t, indices(t, name, j), c.want)
			for _, i := range scrambled {
				if j.Done(i) != slices.Contains(c.want, i) {
					t.Errorf("Done(%d) is %v", i, j.Done(i))
				}
			}
			mustAppend(t, j, 20)
			if len(c.want) < len(scrambled) {
				mustAppend(t, j, 8) // again
				c.want = append(slices.Clone(c.want), 20, 8)
			} else {
				c.want = append(slices.Clone(c.want), 20)
			}
			mustClose(t, j)
			j = mustOpen(t, name, Options{NoSync: true})
			equal(t, indices(t, name, j), c.want)
			afterRewrite(t, before, j.Recovered(), c.want[len(c.want)-1] == 8)
			if info, _ := os.Stat(name); info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v", info.Mode())
			}
		})
	}
}

// afterRewrite checks that nothing that was spent is forgotten.
func afterRewrite(t *testing.T, before, after Recovery, again bool) {
	t.Helper()
	addsUp(t, after)
	want := before.Totals
	e := entryOf(20)
	want.spend(e.Requests, e.PromptTokens, e.CompletionTokens, e.Cost)
	if again {
		e = entryOf(8)
		want.spend(e.Requests, e.PromptTokens, e.CompletionTokens, e.Cost)
	}
	want.Lost, want.LostCost = 1, 70
	if after.Totals != want {
		t.Errorf("totals %+v, want %+v", after.Totals, want)
	}
	if string(after.Identity) != "the run" || !slices.Equal(after.InFlight, []InFlight{{50, 1, 70}}) {
		t.Errorf("recovered %+v", after)
	}
}

func TestRewriteKeepsLostCalls(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{NoSync: true})
	mustAppend(t, j, 1, 0)
	for _, cost := range []int64{10, Unknown, 20, Unknown} {
		if err := j.Intend(5, 77, cost); err != nil {
			t.Fatal(err)
		}
	}
	j.Settle(Attempt{Index: 6, Cost: 5}) // of no intent: not counted
	j.Intend(6, 1, 9)
	j.Settle(Attempt{Index: 6, Reserved: 9, PromptTokens: 3, CompletionTokens: 4, Cost: 8})
	mustClose(t, j)
	for range 3 {
		j = mustOpen(t, name, Options{NoSync: true})
		r := j.Recovered()
		if want := []InFlight{{5, 4, Unknown}}; !slices.Equal(r.InFlight, want) {
			t.Fatalf("in flight %+v", r.InFlight)
		}
		tot := r.Totals
		if tot.Lost != 4 || tot.LostCost != 30 || tot.LostUnpriced != 2 || tot.Cost != 8+0 || tot.Requests != 1+2+1 {
			t.Fatalf("totals %+v", tot)
		}
		if sum, ok := j.ItemSum(5); !ok || sum != 77 {
			t.Fatalf("sum %d, %v", sum, ok)
		}
		if err := j.Rewrite(context.Background(), RewriteOptions{Ordered: true}); err != nil {
			t.Fatal(err)
		}
		mustClose(t, j)
	}
}

// A crash before or in any step of a rewrite leaves the old rows or the new
// ones, and never another thing.
func TestFault43RewriteCutAtEveryStep(t *testing.T) {
	ordered := slices.Sorted(slices.Values(scrambled))
	olds, news := 0, 0
	for n := 1; ; n++ {
		name := tempOutput(t)
		smallRun(t, name, scrambled...)
		f := &faultFS{}
		j := mustOpen(t, name, Options{FS: f})
		f.mu.Lock()
		f.n, f.seen, f.crash, f.half = n, 0, true, true
		f.mu.Unlock()
		err := j.Rewrite(context.Background(), RewriteOptions{Ordered: true})
		crashed := f.down
		j.Close()
		if !crashed {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		k := mustOpen(t, name, Options{NoSync: true})
		switch got := indices(t, name, k); {
		case slices.Equal(got, scrambled):
			olds++
		case slices.Equal(got, ordered):
			news++
		default:
			t.Fatalf("step %d, %s: rows %v", n, f.log[len(f.log)-1], got)
		}
		mustAppend(t, k, 30)
		mustClose(t, k)
	}
	if olds < 5 || news < 5 {
		t.Errorf("%d crashes before the switch and %d after it", olds, news)
	}
}

// The same with the machine: what was written and not synced is there in part.
func TestFault43RewritePowerLossAtEveryStep(t *testing.T) {
	ordered := slices.Sorted(slices.Values(scrambled))
	for n := 0; ; n++ {
		for seed := range uint64(8) {
			name := tempOutput(t)
			smallRun(t, name, scrambled...)
			p := &powerFS{}
			j := mustOpen(t, name, Options{FS: p})
			p.failAfter(n)
			if j.Rewrite(context.Background(), RewriteOptions{Ordered: true}) == nil {
				return
			}
			p.failAfter(0)
			j.Close()
			if err := p.lose(rand.New(rand.NewPCG(seed, uint64(n)))); err != nil {
				t.Fatal(err)
			}
			k := mustOpen(t, name, Options{NoSync: true})
			if got := indices(t, name, k); !slices.Equal(got, scrambled) && !slices.Equal(got, ordered) {
				t.Fatalf("step %d, seed %d: rows %v", n, seed, got)
			}
			mustClose(t, k)
		}
	}
}

// A rewrite for which there is no room leaves the journal as it was, and alive.
func TestFault50RewriteOnAFullDisk(t *testing.T) {
	for _, base := range []string{"rows.tmp", "journal.tmp"} {
		name := tempOutput(t)
		smallRun(t, name, scrambled...)
		j := mustOpen(t, name, Options{FS: &faultFS{match: is("write", base), n: 1, err: errFull, half: true}})
		err := j.Rewrite(context.Background(), RewriteOptions{Ordered: true})
		failure(t, err, CodeIO)
		if j.Err() != nil || exists(placeOf(name).rowsTmp) || exists(placeOf(name).jrnlTmp) {
			t.Fatalf("%v, or temporary files are left", j.Err())
		}
		mustAppend(t, j, 30)
		mustFlush(t, j)
		equal(t, indices(t, name, j), append(slices.Clone(scrambled), 30))
	}
}

func TestRewriteEndsWithItsContext(t *testing.T) {
	name := tempOutput(t)
	smallRun(t, name, scrambled...)
	j := mustOpen(t, name, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Rewrite(ctx, RewriteOptions{Ordered: true}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	mustAppend(t, j, 30)
	mustFlush(t, j)
	equal(t, indices(t, name, j), append(slices.Clone(scrambled), 30))
}

func TestFault54RewriteFindsADamagedRow(t *testing.T) {
	name := tempOutput(t)
	smallRun(t, name, scrambled...)
	j := mustOpen(t, name, Options{})
	rows := mustRead(t, name)
	rows[20] ^= 1
	if err := os.WriteFile(name, rows, 0o644); err != nil {
		t.Fatal(err)
	}
	err := j.Rewrite(context.Background(), RewriteOptions{Ordered: true})
	failure(t, err, CodeCorrupt)
	if got := mustRead(t, name); !bytes.Equal(got, rows) {
		t.Error("the rows were touched")
	}
}

func TestSorterSpills(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 64, 1000} {
		s := newSorter(OS{}, tempOutput(t))
		s.max = 8
		rng := rand.New(rand.NewPCG(1, 2))
		for _, key := range rng.Perm(n) {
			if err := s.add(int64(key), int64(key)*10); err != nil {
				t.Fatal(err)
			}
		}
		next := int64(0)
		for at, err := range s.sorted() {
			if err != nil || at != next*10 {
				t.Fatalf("%d of %d: %d, %v", next, n, at, err)
			}
			next++
		}
		if next != int64(n) {
			t.Fatalf("%d of %d", next, n)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		if exists(s.name) {
			t.Error("the file is left")
		}
	}
}

func TestWindowsReadWhatTheFileHolds(t *testing.T) {
	b := make([]byte, 20*cachedWindow+777)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	w := newWindows(bytes.NewReader(b))
	for range 3000 {
		off := rng.IntN(len(b))
		n := rng.IntN(2000)
		if rng.IntN(100) == 0 {
			n = rng.IntN(2 * cachedWindow)
		}
		got := make([]byte, n)
		read, err := w.ReadAt(got, int64(off))
		want := b[off:min(off+n, len(b))]
		if read != len(want) || !bytes.Equal(got[:read], want) || (err != nil) != (read < n) {
			t.Fatalf("ReadAt(%d at %d) read %d, %v", n, off, read, err)
		}
	}
}
