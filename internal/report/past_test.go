package report

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/journal"
)

// A past is a run that never was, with its journal and rows as runs leave them.
type past struct {
	items  int
	rate   float64 // items a second
	older  bool    // as an older version wrote it: no trips, no moments
	answer string  // "": one that differs from item to item

	// What it came to, for comparison.
	requests, answered, throttled int64
	failed, invalid               int64
	prompt, completion, cost      int64
	slowest                       int64
}

// about is its identity as the command line would read it.
func (p *past) about([]byte) (About, error) {
	return About{
		Model: "gpt-4o-mini", Host: "api.openai.com", Inputs: []string{"reviews.jsonl"}, Items: int64(p.items), Format: "jsonl",
		Prompt: "Say how the writer of this review feels. One of: positive, negative, mixed.\n\n{{.text}}", Params: []string{"temperature=0", "max_tokens=200"},
	}, nil
}

// write writes items from up to to in one session, and returns the output.
func (p *past) write(t testing.TB, dir string, from, to int) string {
	t.Helper()
	output := filepath.Join(dir, "labels.jsonl")
	j, err := journal.Open(output, journal.Options{Identity: []byte("id"), NoSync: true, SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s := &pastSession{past: p, t: t, j: j, began: time.Now(), rand: rand.New(rand.NewPCG(uint64(from), 7))}
	for i := from; i < to; i++ {
		s.item(i, i-from)
	}
	s.note(s.last)
	if err := j.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return output
}

type pastSession struct {
	*past
	t     testing.TB
	j     *journal.Journal
	began time.Time
	rand  *rand.Rand
	noted int // seconds
	since journal.Moment
	ends  []time.Time
	last  time.Time
}

func (s *pastSession) check(err error) {
	if err != nil {
		s.t.Fatal(err)
	}
}

// lognormal returns a duration of this median.
func (s *pastSession) lognormal(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*s.rand.NormFloat64())).Truncate(time.Microsecond)
}

// item sends one item: sometimes it is throttled, cut by a deadline, or answered
// with what is not accepted.
func (s *pastSession) item(index, nth int) {
	at := s.began.Add(time.Duration(float64(nth) / s.rate * float64(time.Second))).Truncate(time.Millisecond)
	s.note(at)
	e := journal.Entry{Index: int64(index), Started: at, ItemSum: 1}
	for {
		trip, code := s.attempt(&e, at)
		end := at.Add(trip.Total)
		if code == paceline.CodeUnknown || e.Attempts == 4 {
			s.row(&e, trip, code)
			s.ended(end)
			return
		}
		a := journal.Attempt{Index: e.Index, Code: uint8(code), Reserved: 5000, PromptTokens: 0, CompletionTokens: 0}
		if code == paceline.CodeInvalidAnswer {
			a.PromptTokens, a.CompletionTokens, a.Cost = e.Brought.PromptTokens, e.Brought.CompletionTokens, e.Brought.Cost
		}
		if code == paceline.CodeFirstToken {
			a.PromptTokens, a.CompletionTokens, a.Cost = journal.Unknown, journal.Unknown, 0
		}
		if !s.older {
			a.Trip = trip
		}
		s.check(s.j.Settle(a))
		s.ended(end)
		at = end.Add(s.lognormal(700*time.Millisecond, 0.6)).Truncate(time.Millisecond)
	}
}

// attempt sends one request.
func (s *pastSession) attempt(e *journal.Entry, at time.Time) (journal.Trip, paceline.Code) {
	s.check(s.j.Reserve(e.Index, 1, 5000, 300))
	e.Requests++
	e.Attempts++
	s.requests++
	s.since.Requests++
	t := journal.Trip{Started: at, HTTP: 200, RequestID: fmt.Sprintf("req_%08x%02d", e.Index, e.Requests)}
	if p := s.rand.Float64(); p < 0.04 {
		t.HTTP, t.Total, t.Bytes = 429, s.lognormal(60*time.Millisecond, 0.3), 180
		t.Message = "Rate limit reached for gpt-4o-mini: please try again in 1.2s"
		e.Attempts--
		s.throttled++
		s.since.Throttled++
		return t, paceline.CodeThrottled
	} else if p < 0.045 {
		t.HTTP, t.Total, t.Message = 0, 10*time.Second, "no content within 10 s"
		s.since.Retries++
		return t, paceline.CodeFirstToken
	} else if p < 0.052 {
		t.HTTP, t.Total, t.Bytes, t.Message = 502, s.lognormal(200*time.Millisecond, 0.5), 150, "Bad gateway"
		s.since.Retries++
		return t, paceline.CodeServer
	}
	t.FirstToken = s.lognormal(420*time.Millisecond, 0.35)
	t.Total = t.FirstToken + s.lognormal(1300*time.Millisecond, 0.5)
	t.Bytes = 400 + s.rand.Int64N(2000)
	used := journal.Used{PromptTokens: 120 + s.rand.Int64N(80), CompletionTokens: 20 + s.rand.Int64N(120)}
	used.Cost = used.PromptTokens*150 + used.CompletionTokens*600
	e.Brought = used
	e.PromptTokens, e.CompletionTokens, e.Cost = e.PromptTokens+used.PromptTokens, e.CompletionTokens+used.CompletionTokens, e.Cost+used.Cost
	s.prompt, s.completion, s.cost = s.prompt+used.PromptTokens, s.completion+used.CompletionTokens, s.cost+used.Cost
	s.since.PromptTokens, s.since.CompletionTokens, s.since.Cost = s.since.PromptTokens+used.PromptTokens, s.since.CompletionTokens+used.CompletionTokens, s.since.Cost+used.Cost
	if e.Index%400 == 399 || s.rand.Float64() < 0.02 {
		return t, paceline.CodeInvalidAnswer
	}
	return t, paceline.CodeUnknown
}

// row commits an item.
func (s *pastSession) row(e *journal.Entry, t journal.Trip, code paceline.Code) {
	e.FirstToken, e.Total = t.FirstToken, t.Total
	if !s.older {
		e.Trip = t
	}
	r := paceline.Result{
		Item:     paceline.Item{Index: e.Index, Raw: []byte(fmt.Sprintf(`{"id":"r%05d","text":"Review number %d: the strap broke after a week, but the colour is lovely."}`, e.Index, e.Index))},
		Status:   paceline.StatusDone,
		Requests: int(e.Requests),
		Response: &paceline.Response{Body: []byte(`{}`), Choices: []paceline.Choice{{Content: s.content(e.Index), FinishReason: "stop"}}},
	}
	switch code {
	case paceline.CodeUnknown:
		s.answered++
	case paceline.CodeInvalidAnswer:
		r.Status, e.Status, e.Code = paceline.StatusInvalid, journal.Invalid, uint8(code)
		r.Err = &paceline.Error{Code: code, Message: "the answer is not one of: positive, negative, mixed"}
		s.invalid++
	default:
		r.Status, e.Status, e.Code = paceline.StatusFailed, journal.Failed, uint8(code)
		r.Err = &paceline.Error{Code: code, Message: t.Message, Status: t.HTTP}
		r.Response, e.Brought = nil, journal.Used{}
		s.failed++
	}
	row := append(dataset.AppendRow(nil, &r), '\n')
	if n := int64(e.Trip.Started.Add(e.Trip.Total).Sub(e.Started)); n > s.slowest {
		s.slowest = n
	}
	s.check(s.j.Append(*e, row, func() {}))
}

func (s *pastSession) content(index int64) []byte {
	text := s.answer
	if text == "" {
		text = []string{"positive", "negative", "mixed"}[index%3]
	}
	b, err := json.Marshal(text)
	s.check(err)
	return b
}

func (s *pastSession) ended(end time.Time) {
	s.ends = append(s.ends, end)
	if end.After(s.last) {
		s.last = end
	}
}

// note notes the moments that are due before at.
func (s *pastSession) note(at time.Time) {
	for {
		due := s.began.Add(time.Duration(s.noted+1) * time.Second)
		if s.older || due.After(at) {
			return
		}
		s.noted++
		m := s.since
		s.since = journal.Moment{}
		inFlight := int64(0)
		for i := len(s.ends) - 1; i >= 0; i-- {
			if s.ends[i].After(due) {
				inFlight++
			} else {
				s.ends = append(s.ends[:i], s.ends[i+1:]...)
			}
		}
		m.At, m.Span, m.Processor = due, time.Second, time.Duration(40+s.rand.IntN(30))*time.Millisecond
		m.InFlight, m.Waiting, m.Cap = inFlight, 200, 2000
		m.RequestLimit, m.TokenLimit = int64(s.rate*60*1050), int64(s.rate*60*280*1000)
		m.Limited = s.limited(s.noted)
		s.check(s.j.Note(m))
	}
}

// limited is what held the run back in a second of it.
func (s *pastSession) limited(second int) []time.Duration {
	l := make([]time.Duration, 14)
	requests := time.Duration(float64(time.Second) * (0.65 + 0.3*math.Sin(float64(second)/17)))
	l[paceline.BottleneckRequests] = requests
	if second%50 > 43 {
		l[paceline.BottleneckRequests], l[paceline.BottleneckThrottled] = requests/4, requests-requests/4
	}
	l[paceline.BottleneckTokens] = time.Second - requests - 20*time.Millisecond
	l[paceline.BottleneckNone] = 20 * time.Millisecond
	return l
}
