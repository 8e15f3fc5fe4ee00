package paceline_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// histories returns what a journal says of each item's requests, a line each:
// the attempts, then the one that brought the row.
func histories(t *testing.T, output string) map[int64][]string {
	t.Helper()
	h := map[int64][]string{}
	note := func(index int64, code uint8, trip journal.Trip) {
		trip.Started = trip.Started.UTC()
		h[index] = append(h[index], fmt.Sprintf("%v after %v: %v %v, %d, %d bytes, %q %q %q %v %q", paceline.Code(code),
			trip.Started.Sub(epoch), trip.FirstToken, trip.Total, trip.HTTP, trip.Bytes, trip.Endpoint, trip.Model, trip.RequestID, trip.Hedge, trip.Message))
	}
	err := journal.Visit(output, journal.Visitor{
		Attempt: func(a *journal.Attempt) error { note(a.Index, a.Code, a.Trip); return nil },
		Entry: func(e *journal.Entry) error {
			if e.Brings() {
				note(e.Index, e.Code, e.Trip)
			} else if e.Requests > 0 && e.Trip == (journal.Trip{}) {
				t.Errorf("item %d: the entry does not say how its last request went", e.Index)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// epoch is when every bubble's clock begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// traced runs n items of one provider with a journal, and returns the histories.
func traced(t *testing.T, n int64, cfg paceline.Config, endpoints ...paceline.Endpoint) map[int64][]string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.jsonl")
	synctest.Test(t, func(t *testing.T) {
		e, err := paceline.NewPool(endpoints, cfg)
		if err != nil {
			t.Fatal(err)
		}
		j := openJournal(t, out)
		e.Run(t.Context(), paceline.Job{Source: &numbers{n: n}, Journal: j, Encode: row})
		e.Shutdown(context.Background())
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return histories(t, out)
}

func whole(took time.Duration) step {
	return func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if err := pause(ctx, took/2); err != nil {
			return nil, err
		}
		emit(paceline.Delta{Kind: paceline.DeltaContent})
		if err := pause(ctx, took/2); err != nil {
			return nil, err
		}
		resp, err := answers(0, "a")(ctx, emit)
		resp.Status, resp.Bytes, resp.RequestID = 200, 321, "req_a"
		return resp, err
	}
}

func wantHistory(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("the journal says\n%q, want\n%q", got, want)
	}
}

func TestTheJournalKeepsHowEachRequestWent(t *testing.T) {
	tries := 0
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if tries++; tries > 1 {
			return whole(2*time.Second)(ctx, emit)
		}
		pause(ctx, 100*time.Millisecond)
		return nil, &paceline.Error{Code: paceline.CodeThrottled, Status: 429, Bytes: 50, RequestID: "req_b", Message: "slow\ndown",
			RetryAfter: time.Second, Remote: true}
	})
	got := traced(t, 1, paceline.Config{}, paceline.Endpoint{Provider: p})
	wantHistory(t, got[0],
		`throttled after 0s: 0s 100ms, 429, 50 bytes, "" "" "req_b" false "slow down"`,
		`unknown after 1.1s: 1s 2s, 200, 321 bytes, "" "" "req_a" false ""`)
}

func TestTheJournalNamesEndpointsModelsAndWhatWasNotAccepted(t *testing.T) {
	var accept = errors.New("no JSON")
	cfg := paceline.Config{Asks: 2,
		Accept: func(req *paceline.Request, _ *paceline.Response) error {
			if req.Model == "big" {
				return nil
			}
			return accept
		},
		Again: func(a paceline.Ask) *paceline.Request {
			next := *a.Request
			next.Model = "big"
			return &next
		}}
	p := always(whole(time.Second))
	got := traced(t, 1, cfg, paceline.Endpoint{Name: "east", Provider: p}, paceline.Endpoint{Name: "west", Provider: p, Weight: 0.001})
	wantHistory(t, got[0],
		`invalid_answer after 0s: 500ms 1s, 200, 321 bytes, "east" "" "req_a" false "no JSON"`,
		`unknown after 1s: 500ms 1s, 200, 321 bytes, "east" "big" "req_a" false ""`)
	cfg.Again, cfg.Asks = nil, 1
	got = traced(t, 1, cfg, paceline.Endpoint{Provider: p})
	wantHistory(t, got[0], `invalid_answer after 0s: 500ms 1s, 200, 321 bytes, "" "" "req_a" false "no JSON"`)
}

func TestTheJournalKeepsHowAttemptsFailed(t *testing.T) {
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i == 0 {
			return nil, &paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Message: "no zeros"}
		}
		<-ctx.Done()
		return nil, &paceline.Error{Code: paceline.CodeCanceled, Status: 200, Bytes: 12, RequestID: "req_c", Err: context.Cause(ctx)}
	})
	cfg := paceline.Config{Retry: paceline.Retry{Attempts: 2}, Deadlines: paceline.Deadlines{FirstToken: 3 * time.Second}, Hedge: paceline.Hedge{Budget: -1}}
	got := traced(t, 2, cfg, paceline.Endpoint{Provider: p})
	wantHistory(t, got[0], `invalid_request after 0s: 0s 0s, 400, 0 bytes, "" "" "" false "no zeros"`)
	late := `no content within the first-token deadline (cancelled after 3s)`
	wantHistory(t, got[1],
		`first_token_timeout after 0s: 0s 3s, 200, 12 bytes, "" "" "req_c" false "`+late+`"`,
		`first_token_timeout after 3s: 0s 3s, 200, 12 bytes, "" "" "req_c" false "`+late+`"`)
}
