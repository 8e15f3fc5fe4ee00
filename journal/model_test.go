package journal

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

const modelItems int64 = 16

// model is what a journal must hold, whatever happens to its process and its
// machine.
type model struct {
	name  string
	power *powerFS
	j     *Journal

	rows      []int64 // appended, in order
	announced *atomic.Int64
	identity  string
	deaths    int64
	calls     map[int64]int64 // in flight, by item, without those of items with a row
	lost      map[int64]int64 // of these, those of earlier sessions
}

func (m *model) open(t *rapid.T) {
	m.power.restart()
	j, err := Open(m.name, Options{Identity: []byte("first"), SyncEvery: -1, SyncBytes: 400, FS: m.power})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	m.j = j
	m.announced = new(atomic.Int64)
	m.announced.Store(int64(len(m.rows)))
}

// check compares what was found with what must be there: at least the announced
// rows, then more of the appended ones, in order; the calls, unless the power
// went, at least those in flight, and with a clean end no other.
func (m *model) check(t *rapid.T, clean, powerLost bool) {
	announced := int(m.announced.Load())
	if clean {
		announced = len(m.rows)
	}
	m.open(t)
	var got []int64
	for e, err := range m.j.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Index)
	}
	if len(got) < announced || len(got) > len(m.rows) || !slices.Equal(got, m.rows[:len(got)]) {
		t.Fatalf("rows %v, of %v %d were announced", got, m.rows, announced)
	}
	m.checkOutput(t, got)
	r := m.j.Recovered()
	if string(r.Identity) != m.identity {
		t.Fatalf("identity %q, want %q", r.Identity, m.identity)
	}
	lost := m.rows[len(got):]
	m.rows = got
	m.announced.Store(int64(len(got)))
	m.checkCalls(t, r, lost, powerLost)
}

func (m *model) checkOutput(t *rapid.T, indices []int64) {
	var want []byte
	for _, i := range indices {
		want = append(want, rowOf(i)...)
		if !m.j.Done(i) {
			t.Fatalf("item %d is not done", i)
		}
	}
	if got, err := os.ReadFile(m.name); err != nil || string(got) != string(want) {
		t.Fatalf("the output is %q, %v, want %q", got, err, want)
	}
}

// checkCalls compares the calls in flight. Those of items whose row was
// appended and then lost are not known to the model.
func (m *model) checkCalls(t *rapid.T, r Recovery, lostRows []int64, powerLost bool) {
	got := map[int64]int64{}
	for _, in := range r.InFlight {
		got[in.Index] = in.Calls
		if slices.Contains(m.rows, in.Index) || in.Cost != 5*in.Calls {
			t.Fatalf("in flight: %+v, rows %v", in, m.rows)
		}
	}
	for index := range modelItems + 12*m.deaths {
		n, want := got[index], m.calls[index]
		if slices.Contains(lostRows, index) || powerLost && n < want {
			continue
		}
		if n != want {
			t.Fatalf("%d calls of item %d in flight, want %d", n, index, want)
		}
	}
	m.calls, m.lost = got, maps.Clone(got)
}

// kill ends the process, and with power lost the machine, after some more
// operations on its files.
func (m *model) kill(t *rapid.T, powerLost bool) {
	m.power.failAfter(rapid.IntRange(0, 8).Draw(t, "operations"))
	for i := range int64(12) { // works on until it cannot
		index := modelItems + m.deaths*12 + i
		if m.j.Intend(index, entryOf(index).ItemSum, 5) == nil {
			m.calls[index]++
		}
		if i%3 == 0 && m.j.Append(entryOf(index), rowOf(index), func() { m.announced.Add(1) }) == nil {
			m.rows = append(m.rows, index)
			delete(m.calls, index)
		}
		if i%4 == 0 {
			m.j.Flush(context.Background())
		}
	}
	m.deaths++
	m.power.failAfter(0)
	m.j.Close()
	if powerLost {
		seed := rapid.Uint64().Draw(t, "seed")
		if err := m.power.lose(rand.New(rand.NewPCG(seed, 0))); err != nil {
			t.Fatal(err)
		}
	}
	m.check(t, false, powerLost)
}

func (m *model) rewrite(t *rapid.T, o RewriteOptions) {
	if err := m.j.Rewrite(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if o.Keep != nil {
		m.rows = slices.DeleteFunc(slices.Clone(m.rows), func(i int64) bool { return !o.Keep(entryOf(i)) })
	}
	if o.Ordered {
		slices.Sort(m.rows)
	}
	m.announced.Store(int64(len(m.rows)))
	m.lost = maps.Clone(m.calls)
	m.checkOutput(t, m.rows)
}

func (m *model) actions() map[string]func(*rapid.T) {
	index := rapid.Int64Range(0, modelItems-1)
	return map[string]func(*rapid.T){
		"append": func(t *rapid.T) {
			i := index.Draw(t, "index")
			err := m.j.Append(entryOf(i), rowOf(i), func() { m.announced.Add(1) })
			if (err != nil) != slices.Contains(m.rows, i) {
				t.Fatalf("Append(%d): %v, rows %v", i, err, m.rows)
			}
			if err == nil {
				m.rows = append(m.rows, i)
				delete(m.calls, i)
				delete(m.lost, i)
			}
		},
		"intend": func(t *rapid.T) {
			i := index.Draw(t, "index")
			err := m.j.Intend(i, entryOf(i).ItemSum, 5)
			if (err != nil) != slices.Contains(m.rows, i) {
				t.Fatalf("Intend(%d): %v, rows %v", i, err, m.rows)
			}
			if err == nil {
				m.calls[i]++
			}
		},
		"settle": func(t *rapid.T) {
			i := index.Draw(t, "index")
			if m.calls[i] == 0 || m.lost[i] == m.calls[i] {
				t.Skip("no call of this session")
			}
			m.calls[i]--
			if err := m.j.Settle(Attempt{Index: i, Reserved: 5, Cost: 3, Trip: tripOf(i)}); err != nil {
				t.Fatal(err)
			}
			if err := m.j.SetIdentity([]byte(m.identity)); err != nil { // and so it is written
				t.Fatal(err)
			}
		},
		"note": func(t *rapid.T) {
			if err := m.j.Note(momentOf(index.Draw(t, "index"))); err != nil {
				t.Fatal(err)
			}
		},
		"flush": func(t *rapid.T) {
			if err := m.j.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			if int(m.announced.Load()) != len(m.rows) {
				t.Fatalf("%d rows of %d announced", m.announced.Load(), len(m.rows))
			}
		},
		"identity": func(t *rapid.T) {
			m.identity = rapid.StringN(0, 30, 200).Draw(t, "identity")
			if err := m.j.SetIdentity([]byte(m.identity)); err != nil {
				t.Fatal(err)
			}
		},
		"close": func(t *rapid.T) {
			if err := m.j.Close(); err != nil {
				t.Fatal(err)
			}
			m.check(t, true, false)
		},
		"kill":      func(t *rapid.T) { m.kill(t, false) },
		"powerLoss": func(t *rapid.T) { m.kill(t, true) },
		"order":     func(t *rapid.T) { m.rewrite(t, RewriteOptions{Ordered: true}) },
		"dropFailed": func(t *rapid.T) {
			m.rewrite(t, RewriteOptions{Keep: func(e Entry) bool { return e.Status != Failed }})
		},
	}
}

func TestFault43Model(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		sub := filepath.Join(dir, "run")
		if err := os.RemoveAll(sub); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		m := &model{name: filepath.Join(sub, "answers.jsonl"), power: &powerFS{}, identity: "first", calls: map[int64]int64{}}
		m.open(t)
		t.Cleanup(func() { m.j.Close() })
		t.Repeat(m.actions())
	})
}
