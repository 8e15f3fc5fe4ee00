package inspect

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// file is the source of an output's journal.
type file string

func (f file) Visit(v journal.Visitor) error { return journal.Visit(string(f), v) }

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, name string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(name, journal.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// must fails the test with the first error.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func trip(after, took time.Duration, message string) journal.Trip {
	return journal.Trip{Started: day.Add(after), Total: took, HTTP: 200, Message: message}
}

// tryTwice gives an item two requests: one that fails after a second, and one
// that brings its row.
func tryTwice(t testing.TB, j *journal.Journal, index int64, status journal.Status, code paceline.Code, message string) {
	t.Helper()
	must(t, j.Intend(index, 1, 10), j.Intend(index, 1, 10),
		j.Settle(journal.Attempt{Index: index, Code: uint8(paceline.CodeServer), Reserved: 10, Cost: 3, Trip: trip(0, time.Second, "busy")}),
		j.Append(journal.Entry{
			Index: index, Status: status, Code: uint8(code), Started: day, Total: 2 * time.Second, Requests: 2, Cost: 100 + index,
			Brought: journal.Used{Cost: 97 + index}, Trip: trip(5*time.Second, 2*time.Second, message),
		}, []byte("{}\n"), nil))
}

func told(h *History) (lines []string) {
	for _, r := range h.Requests {
		lines = append(lines, fmt.Sprintf("%v brought=%v accepted=%v cost %d at %v", r.Code, r.Brought, r.Accepted(), r.Used.Cost, r.Ended().Sub(day)))
	}
	return lines
}

func TestHistoryOfOneItem(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	j := open(t, name)
	for _, i := range []int64{4, 3, 0, 1, 2} {
		tryTwice(t, j, i, journal.Done, 0, "")
	}
	must(t, j.Intend(9, 1, 10), j.Intend(9, 1, 10), j.Settle(journal.Attempt{Index: 9, Reserved: 10}), j.Flush(t.Context()))
	want := []string{"server_error brought=false accepted=false cost 3 at 1s", "unknown brought=true accepted=true cost 100 at 7s"}
	for _, what := range []string{"while it is written", "in another order"} {
		if what == "in another order" {
			must(t, j.Rewrite(t.Context(), journal.RewriteOptions{Ordered: true}))
		}
		h, known, err := HistoryOf(file(name), 3)
		if err != nil || !known || !slices.Equal(told(&h), want) || h.Entry == nil || h.Entry.Cost != 103 || h.Open != 0 {
			t.Errorf("%s: %v, %v, %+v", what, err, known, h)
		}
	}
	h, known, err := HistoryOf(file(name), 9)
	if err != nil || !known || h.Entry != nil || h.Open != 1 || len(h.Requests) != 1 {
		t.Errorf("an item without a row: %v, %v, %+v", err, known, h)
	}
	if _, known, err := HistoryOf(file(name), 77); known || err != nil {
		t.Errorf("nothing is known of an item that was never sent: %v, %v", known, err)
	}
}

// A row that was sent again: its earlier requests stay in the history.
func TestHistoryAfterARetryOfFailedItems(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	j := open(t, name)
	for i := range int64(2) { // item 0 stays, so that there is something to rewrite
		tryTwice(t, j, i, journal.Status(i), paceline.Code(i)*paceline.CodeCut, "cut off")
	}
	must(t, j.Rewrite(t.Context(), journal.RewriteOptions{Keep: func(e journal.Entry) bool { return e.Status == journal.Done }}))
	tryTwice(t, j, 1, journal.Done, 0, "")
	must(t, j.Close())
	h, _, err := HistoryOf(file(name), 1)
	want := []string{
		"server_error brought=false accepted=false cost 3 at 1s", "cut brought=false accepted=false cost 98 at 7s",
		"server_error brought=false accepted=false cost 3 at 1s", "unknown brought=true accepted=true cost 98 at 7s",
	}
	if err != nil || !slices.Equal(told(&h), want) || h.Open != 0 {
		t.Errorf("%v: %q", err, told(&h))
	}
	n := 0
	must(t, Requests(file(name), func(r *Request) error {
		n++
		return nil
	}))
	if n != 6 {
		t.Errorf("%d requests, want 6", n)
	}
}

func TestTopIsWhatSortingGives(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		most := rng.IntN(20)
		top := Costliest(most)
		var all []journal.Entry
		for i := range rng.Int64N(100) {
			e := journal.Entry{Index: i, Cost: rng.Int64N(30) - 1}
			top.Add(&e)
			if e.Cost > 0 { // what cost nothing is not among the costliest
				all = append(all, e)
			}
		}
		slices.SortFunc(all, func(a, b journal.Entry) int {
			return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(a.Index, b.Index))
		})
		if got, want := top.Entries(), all[:min(most, len(all))]; !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
	}
}

func TestTookCountsFromTheFirstRequest(t *testing.T) {
	for _, c := range []struct {
		e    journal.Entry
		want time.Duration
	}{
		{journal.Entry{Started: day, Total: 2 * time.Second, Trip: trip(5*time.Second, 2*time.Second, "")}, 7 * time.Second},
		{journal.Entry{Started: day, Total: 2 * time.Second}, 2 * time.Second}, // of an older version
		{journal.Entry{}, 0},
		{journal.Entry{Started: day.Add(time.Hour), Total: time.Second, Trip: trip(0, time.Second, "")}, time.Second}, // the clock was set back
	} {
		if got := Took(&c.e); got != c.want {
			t.Errorf("%+v took %v, want %v", c.e, got, c.want)
		}
	}
}

func TestFailuresAreGrouped(t *testing.T) {
	var f Failures
	add := func(index int64, code paceline.Code, http int, message string) {
		e := journal.Entry{Index: index, Status: journal.Failed, Code: uint8(code), Trip: journal.Trip{HTTP: http, Message: message}}
		f.Add(&e)
	}
	f.Add(&journal.Entry{Status: journal.Done})
	add(1, paceline.CodeServer, 500, "request 17 failed after 3 s")
	add(2, paceline.CodeServer, 500, "request 4711 failed after 12 s")
	add(3, paceline.CodeServer, 503, "request 4711 failed after 12 s")
	add(4, paceline.CodeInvalidRequest, 400, "no")
	list := f.List()
	if len(list) != 3 || list[0].Count != 2 || list[0].Message != "request # failed after # s" || list[0].Example.Index != 1 {
		t.Errorf("%+v", list)
	}
	by := f.ByCode()
	if len(by) != 2 || by[0].Code != paceline.CodeServer || by[0].Count != 3 || by[1].Count != 1 {
		t.Errorf("by code %+v", by)
	}
}

// Messages that all differ do not fill the memory, and are counted all the same.
func TestFailuresAreBounded(t *testing.T) {
	var f Failures
	const n = 10_000
	for i := range int64(n) {
		message := fmt.Sprintf("%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)
		f.Add(&journal.Entry{Index: i, Status: journal.Failed, Code: uint8(paceline.CodeServer), Trip: journal.Trip{Message: message}})
	}
	list, sum := f.List(), int64(0)
	for _, group := range list {
		sum += group.Count
	}
	if len(list) != maxFailures+1 || sum != n || list[0].Message != "" {
		t.Errorf("%d groups of %d failures, the first %+v", len(list), sum, list[0])
	}
}

// Sessions are told apart by the time, in whatever order a rewrite left the
// records.
func TestSessions(t *testing.T) {
	began := func(at time.Duration, pid int64) journal.Session {
		return journal.Session{Began: day.Add(at), PID: pid}
	}
	var s sessions
	s.begin(began(0, 1))
	s.begin(began(time.Hour, 2))
	s.request(&Request{Trip: trip(time.Minute, time.Second, "")})
	s.request(&Request{Trip: trip(2*time.Hour, time.Second, "")})
	s.request(&Request{Trip: trip(2*time.Minute, time.Second, "")})
	s.request(&Request{}) // whose time is not known: of the last one
	s.row(&journal.Entry{Started: day, Trip: trip(3*time.Minute, 0, "")})
	s.row(&journal.Entry{Started: day.Add(time.Hour)})
	s.saw(day.Add(-time.Minute)) // the clock was set back
	want := []Session{
		{Session: began(0, 1), Last: day.Add(3 * time.Minute), Requests: 2, Rows: 1},
		{Session: began(time.Hour, 2), Last: day.Add(2*time.Hour + time.Second), Requests: 2, Rows: 1},
	}
	if !slices.Equal(s.list, want) {
		t.Errorf("%+v, want %+v", s.list, want)
	}
	var none sessions
	none.row(&journal.Entry{Started: day}) // of a journal made anew from rows
	if none.list != nil {
		t.Errorf("%+v", none.list)
	}
}

func TestOverview(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	j := open(t, name)
	for i := range int64(10) {
		status, code := journal.Done, paceline.CodeUnknown
		if i%5 == 0 {
			status, code = journal.Failed, paceline.CodeCut
		}
		tryTwice(t, j, i, status, code, "")
	}
	must(t, j.Close())
	o, err := OverviewOf(file(name), 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Sessions) != 1 || o.Sessions[0].Rows != 10 || o.Sessions[0].Requests != 20 {
		t.Errorf("sessions %+v", o.Sessions)
	}
	if len(o.Failures) != 1 || o.Failures[0].Count != 2 || o.Failures[0].Example.Index != 0 {
		t.Errorf("failures %+v", o.Failures)
	}
	if len(o.Slowest) != 3 || o.Slowest[0].Index != 0 || len(o.Costliest) != 3 || o.Costliest[0].Index != 9 {
		t.Errorf("slowest %+v, costliest %+v", o.Slowest, o.Costliest)
	}
	if o.Total.Count() != 8 || o.FirstToken.Count() != 0 {
		t.Errorf("%d and %d latencies", o.Total.Count(), o.FirstToken.Count())
	}
}

// What a large run costs to look at: no allocation for a record.
func BenchmarkOverview(b *testing.B) {
	name := filepath.Join(b.TempDir(), "out")
	j := open(b, name)
	const rows = 100_000
	for i := range int64(rows) {
		must(b, j.Intend(i, 1, 10), j.Append(journal.Entry{
			Index: i, Started: day.Add(time.Duration(i) * time.Millisecond), Total: 2 * time.Second, Requests: 1, Cost: 100 + i%97,
			Brought: journal.Used{Cost: 100 + i%97}, Trip: journal.Trip{Started: day.Add(time.Duration(i) * time.Millisecond), Total: 2 * time.Second, HTTP: 200, RequestID: "req_0123456789abcdef"},
		}, []byte("{}\n"), nil))
	}
	must(b, j.Close())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := OverviewOf(file(name), 5); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
