package journal

import (
	"context"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
)

// addsUp checks that every request whose end is known is accounted for.
func addsUp(t testing.TB, r Recovery) {
	t.Helper()
	var all Spent
	all.merge(r.Account.Answered, 1)
	for _, s := range r.Account.Wasted {
		all.merge(s, 1)
	}
	if all.Requests != r.Totals.Requests {
		t.Errorf("%d requests are accounted for, of %d: %+v", all.Requests, r.Totals.Requests, r.Account)
	}
	for _, n := range all.fields() {
		if *n < 0 {
			t.Errorf("a negative account: %+v", r.Account)
		}
	}
}

// book is what an account should be.
type book struct{ Account }

func (b *book) add(answered bool, code uint8, u Used) {
	b.change(answered, code, func(s *Spent) { s.Add(u) })
}

func used(rng *rand.Rand) Used {
	u := Used{1 + rng.Int64N(50), 1 + rng.Int64N(50), rng.Int64N(100)}
	if rng.IntN(4) == 0 {
		u.PromptTokens, u.CompletionTokens = Unknown, Unknown
	}
	if rng.IntN(4) == 0 {
		u.Cost = Unknown
	}
	return u
}

// Over sessions, failures, retries of failed items and rewrites, every request
// is accounted for once, with what it used, or is lost in flight.
func TestAccountAddsUp(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		name := tempOutput(t)
		var want book
		lost := int64(0)
		for range 1 + rng.IntN(4) {
			j := mustOpen(t, name, Options{NoSync: true})
			for i := range int64(12) {
				if !j.Done(i) && rng.IntN(3) > 0 {
					lost += workOn(t, j, i, rng, &want)
				}
			}
			if rng.IntN(2) == 0 {
				o := RewriteOptions{Ordered: rng.IntN(2) == 0}
				if rng.IntN(2) == 0 {
					o.Keep = func(e Entry) bool { return e.Status == Done }
				}
				if err := j.Rewrite(context.Background(), o); err != nil {
					t.Fatal(err)
				}
			}
			mustClose(t, j)
			r := mustOpen(t, name, Options{NoSync: true})
			got := r.Recovered()
			mustClose(t, r)
			addsUp(t, got)
			if !reflect.DeepEqual(got.Account, want.Account) || got.Totals.Lost != lost {
				t.Fatalf("seed %d: account %+v with %d lost, want %+v with %d", seed, got.Account, got.Totals.Lost, want.Account, lost)
			}
		}
	}
}

// workOn makes some requests for an item, of which the last may bring its row
// and another may get lost. It returns how many did.
func workOn(t *testing.T, j *Journal, i int64, rng *rand.Rand, want *book) (lost int64) {
	t.Helper()
	e := Entry{Index: i, Status: Status(rng.IntN(3)), ItemSum: 1}
	if e.Status != Done {
		e.Code = uint8(1 + rng.IntN(5))
	}
	for range rng.IntN(4) {
		u := used(rng)
		intend(t, j, i)
		code := uint8(1 + rng.IntN(5))
		a := Attempt{Index: i, Code: code, Reserved: 5, PromptTokens: u.PromptTokens, CompletionTokens: u.CompletionTokens, Cost: u.Cost}
		if err := j.Settle(a); err != nil {
			t.Fatal(err)
		}
		want.add(false, code, u)
		e.Requests++
		e.AllNoted = true
	}
	if rng.IntN(5) == 0 {
		intend(t, j, i)
		return 1
	}
	if rng.IntN(4) > 0 {
		intend(t, j, i)
		e.Requests++
		e.Brought, e.AllNoted = used(rng), false
		want.add(e.Status == Done, e.Code, e.Brought)
	}
	if err := j.Append(e, rowOf(i), nil); err != nil {
		t.Fatal(err)
	}
	return 0
}

func intend(t *testing.T, j *Journal, i int64) {
	t.Helper()
	if err := j.Intend(i, 1, 5); err != nil {
		t.Fatal(err)
	}
}

// A journal whose entries do not tell what brought their rows, or that was made
// anew from its rows, says of the rest that it is not known.
func TestAccountOfOlderEntries(t *testing.T) {
	var l ledger
	for _, requests := range []int64{0, 1, 3} {
		e := Entry{Index: requests, Requests: requests, PromptTokens: 7, CompletionTokens: 8, Cost: 9, Length: 1}
		b := appendEntry(nil, &e)
		_, payload, _, _, _ := parseRecord(b)
		old, ok := parseEntry(payload[:len(payload)-len(appendBrought(nil, &e))])
		if !ok {
			t.Fatal("an older entry cannot be read")
		}
		l.entry(&old)
	}
	want := Account{
		Answered: Spent{Requests: 2, PromptTokens: 7, CompletionTokens: 8, Cost: 9, Unmetered: 1, Unpriced: 1},
		Wasted:   map[uint8]Spent{0: {Requests: 2, Unmetered: 2, Unpriced: 2}},
	}
	if !reflect.DeepEqual(l.account, want) {
		t.Errorf("got %+v, want %+v", l.account, want)
	}
}

// In an older journal all requests of an item that failed stand as attempts, and
// its entry does not say so. They are counted once, before a rewrite and after it.
func TestOlderRowsOfWhichEachRequestIsNoted(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{NoSync: true})
	for range 3 {
		request(t, j, 5, 10, &Attempt{Code: 2, Reserved: 10})
	}
	row(t, j, Entry{Index: 5, Status: Failed, Code: 2, Requests: 3, Attempts: 3, AllNoted: true})
	mustClose(t, j)
	makeOlder(t, placeOf(name).journal)
	want := Account{Wasted: map[uint8]Spent{2: {Requests: 3}}}
	for _, rewrite := range []bool{false, true, true} {
		j := mustOpen(t, name, Options{NoSync: true})
		rec := j.Recovered()
		addsUp(t, rec)
		if !reflect.DeepEqual(rec.Account, want) {
			t.Errorf("got %+v, want %+v", rec.Account, want)
		}
		row(t, j, Entry{Index: 4 - rec.Rows()})
		if rewrite {
			if err := j.Rewrite(context.Background(), RewriteOptions{Ordered: true}); err != nil {
				t.Fatal(err)
			}
		}
		mustClose(t, j)
	}
}

// makeOlder makes the first entry one of the first version, as far as the file
// goes: what stands behind it is left out, as a kill does.
func makeOlder(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for off := headerSize; ; {
		k, payload, size, _, ok := parseRecord(b[off:])
		if !ok {
			t.Fatal("no entry")
		}
		if k == kindEntry {
			older := payload[:len(payload)-1] // without what brought it
			b = appendRecord(b[:off:off], kindEntry, func(b []byte) []byte { return append(b, older...) })
			break
		}
		off += size
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
