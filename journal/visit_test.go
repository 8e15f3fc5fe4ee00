package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A log is what a visitor was told, a line each.
type log []string

func (l *log) add(format string, args ...any) error {
	*l = append(*l, fmt.Sprintf(format, args...))
	return nil
}

func (l *log) visitor() Visitor {
	return Visitor{
		Identity: func(b []byte) error { return l.add("identity %s", b) },
		Session:  func(s Session) error { return l.add("session of %d, %t", s.PID, s.Began.IsZero()) },
		Intent:   func(in Intent) error { return l.add("intent %+v", in) },
		Attempt:  func(a *Attempt) error { return l.add("attempt %+v", *a) },
		Entry:    func(e *Entry) error { return l.add("entry %d %+v", e.Index, e.Trip) },
		Moment:   func(m *Moment) error { return l.add("moment %+v", *m) },
	}
}

func (l log) of(kind string) (list []string) {
	for _, line := range l {
		if strings.HasPrefix(line, kind+" ") {
			list = append(list, line)
		}
	}
	return list
}

func visited(t testing.TB, name string) log {
	t.Helper()
	var l log
	if err := Visit(name, l.visitor()); err != nil {
		t.Fatalf("Visit: %v", err)
	}
	return l
}

func attemptOf(index int64) Attempt {
	return Attempt{Index: index, Code: 4, Reserved: 100, PromptTokens: 1, CompletionTokens: Unknown, Cost: 2,
		Trip: Trip{Started: time.UnixMilli(1_700_000_000_500), Total: time.Second, HTTP: 429, Bytes: 77, Message: "slow down"}}
}

// fullRun writes each kind of record that a run does.
func fullRun(t testing.TB, name string) {
	t.Helper()
	j := mustOpen(t, name, Options{Identity: []byte("the run"), NoSync: true})
	for _, i := range []int64{4, 2, 6, 3} {
		for range 2 {
			if err := j.Reserve(i, entryOf(i).ItemSum, 100, 300); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(j.Settle(attemptOf(i)), j.Note(momentOf(i))); err != nil {
			t.Fatal(err)
		}
		e := entryOf(i)
		e.Requests = 2
		if err := j.Append(e, rowOf(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Intend(9, 1, 50); err != nil { // and it is never known what came of it
		t.Fatal(err)
	}
	mustClose(t, j)
}

func TestVisitTellsAllInTheirOrder(t *testing.T) {
	name := tempOutput(t)
	fullRun(t, name)
	want := log{"identity the run", fmt.Sprintf("session of %d, false", os.Getpid())}
	intent := fmt.Sprintf("intent %+v", Intent{Index: 4, Cost: 100, Tokens: 300})
	want = append(want, intent, intent, fmt.Sprintf("attempt %+v", attemptOf(4)), fmt.Sprintf("moment %+v", momentOf(4)))
	got := visited(t, name)
	if !slices.Equal(got[:len(want)], want) {
		t.Errorf("told\n%s, want\n%s", strings.Join(got[:len(want)], "\n"), strings.Join(want, "\n"))
	}
	var entries []string
	for _, i := range []int64{4, 2, 6, 3} {
		entries = append(entries, fmt.Sprintf("entry %d %+v", i, entryOf(i).Trip))
	}
	if told := got.of("entry"); !slices.Equal(told, entries) {
		t.Errorf("told of %v, want %v", told, entries)
	}
	if n := len(got.of("intent")); n != 9 {
		t.Errorf("%d intents", n)
	}
	r, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	var again log
	if err := r.Visit(again.visitor()); err != nil || !slices.Equal(again, got) {
		t.Errorf("a Reader tells %v (%v)", again, err)
	}
	if err := r.Visit(Visitor{}); err != nil {
		t.Errorf("a visitor who wants nothing: %v", err)
	}
}

// Whatever a run that was killed, or that still writes, has on the disk: a visit
// tells the whole records of it, a prefix of them all.
func TestFault43VisitCutAtEveryByte(t *testing.T) {
	name := tempOutput(t)
	fullRun(t, name)
	records := mustRead(t, placeOf(name).journal)
	all := visited(t, name)
	head := len(identityRecord(header(), []byte("the run")))
	told := 0
	for cut := range len(records) + 1 {
		put(t, name, []byte{}, records[:cut])
		var got log
		err := Visit(name, got.visitor())
		if cut < head {
			if e := failure(t, err, CodeNoJournal); e.Path == "" || len(got) != 0 {
				t.Fatalf("cut at %d: %v, told %v", cut, err, got)
			}
			continue
		}
		if err != nil || len(got) < told || len(got) > len(all) || !slices.Equal(got, all[:len(got)]) {
			t.Fatalf("cut at %d: told %v (%v)", cut, got, err)
		}
		told = len(got)
		r, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		var again log
		if err := r.Visit(again.visitor()); err != nil || !slices.Equal(again, got) {
			t.Fatalf("cut at %d: a Reader tells %v (%v)", cut, again, err)
		}
	}
	if told != len(all) {
		t.Errorf("%d of %d records", told, len(all))
	}
}

// A flipped bit in what was durable is damage, and what is told before it is
// right; in the last commit it is a torn tail.
func TestFault54VisitFlippedBits(t *testing.T) {
	name := tempOutput(t)
	fullRun(t, name)
	records := mustRead(t, placeOf(name).journal)
	all := visited(t, name)
	for at := headerSize; at < len(records); at++ {
		put(t, name, []byte{}, flip(records, at))
		var got log
		err := Visit(name, got.visitor())
		_, reads := Read(name)
		if (err == nil) != (reads == nil) || len(got) > len(all) || !slices.Equal(got, all[:len(got)]) {
			t.Fatalf("flipped at %d: %v, Read says %v, told %v", at, err, reads, got)
		}
		if len(got) == len(all) && at < len(records)-2-batchSize-crcSize {
			t.Fatalf("flipped at %d: nobody noticed", at)
		}
	}
}

func TestVisitEndsWithTheError(t *testing.T) {
	name := tempOutput(t)
	fullRun(t, name)
	n := 0
	stop := errors.New("enough")
	err := Visit(name, Visitor{Entry: func(*Entry) error {
		n++
		return stop
	}})
	if err != stop || n != 1 {
		t.Errorf("%d entries, %v", n, err)
	}
	if err := Visit(filepath.Join(t.TempDir(), "none"), Visitor{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no journal: %v", err)
	}
	j := mustOpen(t, name, Options{NoSync: true})
	defer j.Close()
	if _, err := j.tail.append(func(b []byte, _ int64) []byte { return switchRecord(b, 1, 2) }); err != nil {
		t.Fatal(err)
	}
	failure(t, Visit(name, Visitor{}), CodeCorrupt)
}

// What a visitor keeps of texts stays what it was.
func TestTextsOutliveTheVisit(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{NoSync: true})
	const n = 40_000 // more than a window
	for i := range int64(n) {
		e := Entry{Index: i, Trip: Trip{RequestID: fmt.Sprintf("a request with the number %d", i)}}
		if err := j.Append(e, []byte("{}\n"), nil); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, j)
	var ids []string
	if err := Visit(name, Visitor{Entry: func(e *Entry) error {
		ids = append(ids, e.Trip.RequestID)
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	if len(ids) != n {
		t.Fatalf("%d entries", len(ids))
	}
	for i, id := range ids {
		if id != fmt.Sprintf("a request with the number %d", i) {
			t.Fatalf("entry %d: %q", i, id)
		}
	}
}

// After any rewrites each request whose end is known is told once, and moments
// and sessions stay.
func TestRewriteKeepsTheHistory(t *testing.T) {
	name := tempOutput(t)
	fullRun(t, name)
	before := visited(t, name)
	j := mustOpen(t, name, Options{NoSync: true})
	known := len(before.of("attempt")) + len(before.of("entry"))
	for range 2 {
		if err := j.Rewrite(context.Background(), RewriteOptions{Ordered: true}); err != nil {
			t.Fatal(err)
		}
	}
	got := visited(t, name)
	if !slices.Equal(got.of("moment"), before.of("moment")) || !slices.Equal(got.of("attempt"), before.of("attempt")) {
		t.Errorf("told %v, before %v", got, before)
	}
	if n := len(got.of("session")); n != 3 {
		t.Errorf("%d sessions", n)
	}
	if err := j.Rewrite(context.Background(), RewriteOptions{Keep: done}); err != nil {
		t.Fatal(err)
	}
	got = visited(t, name)
	if n := len(got.of("attempt")) + len(got.of("entry")); n != known {
		t.Errorf("%d requests are told, of %d", n, known)
	}
	e := entryOf(4)
	want := fmt.Sprintf("attempt %+v", Attempt{Index: 4, Code: e.Code, Reserved: Unknown, PromptTokens: 0, CompletionTokens: 0, Cost: 0, Trip: e.Trip})
	if !slices.Contains(got, want) {
		t.Errorf("the request of a row that did not stay is not told: %v\nwant %s", got, want)
	}
	if got := got.of("intent"); !slices.Equal(got, []string{"intent {Index:9 Cost:50 Tokens:-1}"}) {
		t.Errorf("intents %v", got)
	}
	a := j.Recovered().Account
	mustClose(t, j)
	j = mustOpen(t, name, Options{NoSync: true})
	if r := j.Recovered(); r.Account.Requests() != a.Requests() || r.Totals.Requests != a.Requests() || r.Totals.Lost != 1 {
		t.Errorf("the history counts twice: %+v, before %+v", r, a)
	}
}

func TestNote(t *testing.T) {
	dir := t.TempDir()
	for _, noSync := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(dir, fmt.Sprint(noSync))
			j, err := Open(name, Options{NoSync: noSync})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []Moment{{}, {At: time.Now(), Limited: make([]time.Duration, maxLimited+1)}} {
				failure(t, j.Note(m), CodeUsage)
			}
			if err := j.Note(momentOf(1)); err != nil {
				t.Fatal(err)
			}
			if n := len(visited(t, name).of("moment")); n != 0 {
				t.Errorf("it did not wait for a write")
			}
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if n := len(visited(t, name).of("moment")); n != 1 {
				t.Errorf("%d moments are written after a while without rows", n)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			failure(t, j.Note(momentOf(1)), CodeClosed)
		})
	}
}

func TestOneLine(t *testing.T) {
	long := strings.Repeat("ü", 100) // 200 bytes
	for in, want := range map[string]string{
		"":                              "",
		"plain":                         "plain",
		"two\r\nlines":                  "two  lines",
		"\x1b[31mred\x1b[0m\x00":        " [31mred [0m ",
		"bad \xff utf":                  "bad \uFFFD utf",
		"\u2028\u0085":                  "  ",
		long:                            long,
		long + "x":                      long,
		"x" + long:                      "x" + long[:198],
		strings.Repeat("x", 300):        strings.Repeat("x", 200),
		strings.Repeat("x", 199) + "日本": strings.Repeat("x", 199),
	} {
		if got := oneLine(in, maxMessage); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A Reader whose journal another one has replaced says so: what it tells must be
// what Read added up.
func TestAReaderSeesThatItsJournalWasReplaced(t *testing.T) {
	name := tempOutput(t)
	fullRun(t, name)
	r, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	j := mustOpen(t, name, Options{NoSync: true})
	if err := j.Rewrite(context.Background(), RewriteOptions{Ordered: true}); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, 20, 21, 22, 23, 24, 25) // it is longer now than the one that was read
	mustFlush(t, j)
	told := 0
	err = r.Visit(Visitor{Entry: func(*Entry) error { told++; return nil }})
	failure(t, err, CodeCorrupt)
	for _, err := range r.Entries() {
		failure(t, err, CodeCorrupt)
		told++
	}
	if told != 1 {
		t.Errorf("told of %d, want an error of Entries alone", told)
	}
	mustClose(t, j)
}
