package report

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/advice"
	"github.com/seed-1814a72b/paceline/journal"
)

// provider is a function that makes attempts.
type provider func(n int) (*paceline.Response, error)

func (p provider) attempts() paceline.Provider { return &numbered{make: p} }

// numbered counts attempts from 1, one at a time.
type numbered struct {
	make provider
	n    int
}

func (p *numbered) Attempt(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
	p.n++
	time.Sleep(10 * time.Millisecond)
	return p.make(p.n)
}

// What a run knows of its server and of its machine, its report knows from the journal:
// the advice is the same.
func TestAReportKnowsWhoWasSilent(t *testing.T) {
	failure := func(e paceline.Error) provider {
		return func(int) (*paceline.Response, error) { return nil, &e }
	}
	answer := func(n int) (*paceline.Response, error) {
		return &paceline.Response{Choices: []paceline.Choice{{Content: []byte(`"a"`), FinishReason: "stop"}}}, nil
	}
	for name, tt := range map[string]struct {
		provider          provider
		silent, exhausted bool
	}{
		"nobody there": {failure(paceline.Error{Code: paceline.CodeConnection, Message: "refused"}), true, false},
		"errors only":  {failure(paceline.Error{Code: paceline.CodeServer, Status: 503, Remote: true}), true, false},
		"a wrong key":  {failure(paceline.Error{Code: paceline.CodeAuth, Status: 401, Remote: true}), false, false},
		"answers":      {answer, false, false},
		"few resources": {func(n int) (*paceline.Response, error) {
			if n == 1 {
				return nil, &paceline.Error{Code: paceline.CodeLocal}
			}
			return answer(n)
		}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				output := filepath.Join(t.TempDir(), "out.jsonl")
				j, err := journal.Open(output, journal.Options{NoSync: true})
				if err != nil {
					t.Fatal(err)
				}
				e, err := paceline.New(tt.provider.attempts(), paceline.Config{Limits: paceline.Limits{InFlight: 1}})
				if err != nil {
					t.Fatal(err)
				}
				sum, err := e.Run(t.Context(), paceline.Job{
					Source: dataset.JSONL(strings.NewReader(strings.Repeat("{}\n", 30))), Journal: j,
					Prepare: func(*paceline.Item) (*paceline.Request, error) { return &paceline.Request{Model: "m"}, nil },
					Encode:  func(row []byte, _ *paceline.Result) []byte { return append(row, "{}\n"...) },
					Sink:    paceline.SinkFunc(func(context.Context, *paceline.Result) error { return nil }),
				})
				if stopped := name != "answers" && name != "few resources"; (err != nil) != stopped {
					t.Errorf("the run ended with %v", err)
				}
				if err := e.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if err := j.Close(); err != nil {
					t.Error(err)
				}
				live := advice.Of(&sum.Stats)
				if live.Silent != tt.silent || live.Exhausted != tt.exhausted {
					t.Errorf("the run: silent %v, exhausted %v", live.Silent, live.Exhausted)
				}
				r, err := Read(output, Options{Now: time.Now()})
				if err != nil {
					t.Fatal(err)
				}
				if got, want := strings.Join(r.Advice, ""), live.Remedy(); !sameRemedy(got, want) {
					t.Errorf("the report says %q, the run %q", got, want)
				}
			})
		})
	}
}

// sameRemedy compares what is to be done; how much of something was used is measured by a
// run continuously, and told in its journal once a second.
func sameRemedy(a, b string) bool {
	a, _, _ = strings.Cut(a, ":")
	b, _, _ = strings.Cut(b, ":")
	return a == b
}
