package journal

import (
	"context"
	"math/rand/v2"
	"testing"
)

// spending is what a run should count.
type spending struct{ requests, tokens, cost int64 }

// Over sessions, requests whose usage is not told, calls lost in flight and
// rewrites, what a run has spent at most is known exactly.
func TestBoundsCountWhatIsNotKnown(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 3))
		name := tempOutput(t)
		var want spending
		for range 1 + rng.IntN(4) {
			j := mustOpen(t, name, Options{NoSync: true})
			for i := range int64(12) {
				if !j.Done(i) && rng.IntN(3) > 0 {
					spend(t, j, i, rng, &want)
				}
			}
			if rng.IntN(2) == 0 {
				o := RewriteOptions{Ordered: true}
				if rng.IntN(2) == 0 {
					o.Keep = func(e Entry) bool { return e.Status == Done }
				}
				if err := j.Rewrite(context.Background(), o); err != nil {
					t.Fatal(err)
				}
			}
			mustClose(t, j)
			r := mustOpen(t, name, Options{NoSync: true})
			rec := r.Recovered()
			requests, tokens, cost := rec.Spent()
			mustClose(t, r)
			if got := (spending{requests, tokens, cost}); got != want {
				t.Fatalf("seed %d: spent %+v, want %+v (%+v, %+v)", seed, got, want, rec.Totals, rec.Bounds)
			}
		}
	}
}

// spend makes some requests for an item, each of at most 100 tokens that cost
// 1,000; some do not tell what they used, the last may be lost.
func spend(t *testing.T, j *Journal, i int64, rng *rand.Rand, want *spending) {
	t.Helper()
	const tokens, cost = 100, 1000
	e := Entry{Index: i, Status: Status(rng.IntN(3)), ItemSum: 1}
	send := func() {
		if err := j.Reserve(i, 1, cost, tokens); err != nil {
			t.Fatal(err)
		}
		e.Requests++
		want.requests++
	}
	for range rng.IntN(4) {
		send()
		used := 1 + rng.Int64N(tokens)
		a := Attempt{Index: i, Reserved: cost, PromptTokens: used, CompletionTokens: 0, Cost: 10 * used}
		if rng.IntN(3) == 0 {
			a.PromptTokens, a.CompletionTokens, a.Cost, used = Unknown, Unknown, Unknown, tokens
		} else {
			e.PromptTokens += used
			e.Cost += 10 * used
		}
		want.tokens += used
		want.cost += 10 * used
		if err := j.Settle(a); err != nil {
			t.Fatal(err)
		}
	}
	send()
	switch rng.IntN(4) {
	case 0: // lost
		want.tokens += tokens
		want.cost += cost
		return
	case 1: // answered, and nobody tells
		want.tokens += tokens
		want.cost += cost
		e.Cost = Unknown
		e.Brought = Used{Unknown, Unknown, Unknown}
		if e.PromptTokens == 0 {
			e.PromptTokens, e.CompletionTokens = Unknown, Unknown
		}
	default:
		e.Brought = Used{1, 0, 10}
		e.PromptTokens++
		e.Cost += 10
		want.tokens++
		want.cost += 10
	}
	if err := j.Append(e, rowOf(i), nil); err != nil {
		t.Fatal(err)
	}
}

// A journal in which intents tell no tokens, or no cost, has no bound.
func TestNoBoundIsUnknown(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{NoSync: true})
	if err := j.Intend(1, 1, Unknown); err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	r := mustOpen(t, name, Options{NoSync: true})
	defer mustClose(t, r)
	rec := r.Recovered()
	if requests, tokens, cost := rec.Spent(); requests != 1 || tokens != Unknown || cost != Unknown {
		t.Errorf("%d requests, %d tokens, cost %d; want 1, and the others unknown", requests, tokens, cost)
	}
}

// What is known of one request's cost at most says nothing of another's.
func TestABoundIsOfItsOwnRequestOnly(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{NoSync: true})
	request(t, j, 0, 1000, &Attempt{Reserved: 1000, PromptTokens: Unknown, CompletionTokens: Unknown, Cost: Unknown})
	request(t, j, 0, 1000, nil)
	row(t, j, Entry{Index: 0, Requests: 2, Cost: 10, Brought: Used{Cost: 10}})
	mustClose(t, j)
	if _, _, cost := spentOf(t, name); cost != 1010 {
		t.Errorf("$%d, want 1010: what was reserved for the first, and the second", cost)
	}
	j = mustOpen(t, name, Options{NoSync: true})
	request(t, j, 1, Unknown, nil) // nobody knows the price in this session
	row(t, j, Entry{Index: 1, Requests: 1, Cost: Unknown, Brought: Used{Cost: Unknown}})
	mustClose(t, j)
	if _, _, cost := spentOf(t, name); cost != Unknown {
		t.Errorf("$%d, where the cost of a request without a bound is not known", cost)
	}
}

// A row whose cost is not known, and all of whose requests stand as attempts,
// hides nothing of what these told.
func TestWhatAttemptsToldCountsBesideAnUnknownCost(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{NoSync: true})
	request(t, j, 0, 1000, &Attempt{Reserved: 1000, PromptTokens: 7, Cost: 500})
	request(t, j, 0, 1000, &Attempt{Reserved: 1000, PromptTokens: Unknown, CompletionTokens: Unknown, Cost: Unknown})
	row(t, j, Entry{Index: 0, Status: Failed, Requests: 2, PromptTokens: 7, Cost: Unknown, AllNoted: true})
	mustClose(t, j)
	if requests, tokens, cost := spentOf(t, name); requests != 2 || tokens != 107 || cost != 1500 {
		t.Errorf("%d requests, %d tokens, cost %d; want 2, 107 and 1500", requests, tokens, cost)
	}
}

// request reserves 100 tokens and so much money, and settles it unless end is nil.
func request(t *testing.T, j *Journal, index, cost int64, end *Attempt) {
	t.Helper()
	if err := j.Reserve(index, 1, cost, 100); err != nil {
		t.Fatal(err)
	}
	if end == nil {
		return
	}
	end.Index = index
	if err := j.Settle(*end); err != nil {
		t.Fatal(err)
	}
}

func row(t *testing.T, j *Journal, e Entry) {
	t.Helper()
	if err := j.Append(e, rowOf(e.Index), nil); err != nil {
		t.Fatal(err)
	}
}

func spentOf(t *testing.T, name string) (requests, tokens, cost int64) {
	t.Helper()
	j := mustOpen(t, name, Options{NoSync: true})
	defer mustClose(t, j)
	rec := j.Recovered()
	return rec.Spent()
}
