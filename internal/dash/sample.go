package dash

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// Of the items that end between two looks one is shown, and of its texts so much.
// Of those that were not accepted it is one too, so that the others do not hide
// them.
const (
	samplesKept   = 40
	longestSample = 600
	longestError  = 300
)

// A sample is an item that has ended.
type sample struct {
	Number   int64   `json:"number"` // of samples, from 1
	Item     int64   `json:"item"`   // index, from 0
	ID       string  `json:"id,omitempty"`
	Status   string  `json:"status"`
	AtMs     int64   `json:"at_ms"` // Unix time
	Input    string  `json:"input"` // the item's beginning, as JSON
	Answer   string  `json:"answer"`
	Error    string  `json:"error,omitempty"`
	TTFTMs   float64 `json:"ttft_ms"` // 0: none
	TotalMs  float64 `json:"total_ms"`
	Requests int     `json:"requests"`
	Tokens   int64   `json:"completion_tokens"`
}

// samples are some of the items that ended last. Its methods may be called
// concurrently.
type samples struct {
	taken [2]atomic.Bool // since the last look: one that was accepted, another one

	mu   sync.Mutex
	list []sample // the oldest first
	last int64
}

// next lets one be taken again. It is called at each look.
func (s *samples) next() {
	for i := range s.taken {
		s.taken[i].Store(false)
	}
}

// add takes an item that has ended, unless one was taken since the last look; then
// it costs some nanoseconds: to ask what time it is costs ten times as much.
func (s *samples) add(r *paceline.Result) {
	taken := &s.taken[0]
	if r.Status != paceline.StatusDone {
		taken = &s.taken[1]
	}
	if taken.Load() || taken.Swap(true) {
		return
	}
	one := newSample(r, time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	one.Number = s.last
	s.list = append(s.list, one)
	if len(s.list) > samplesKept {
		s.list = append(s.list[:0], s.list[1:]...)
	}
}

func newSample(r *paceline.Result, now time.Time) sample {
	s := sample{
		Item: r.Item.Index, ID: tamed.Short(r.Item.ID, 80), Status: r.Status.String(), AtMs: now.UnixMilli(),
		Input: tamed.Short(string(r.Item.Raw), longestSample), Requests: r.Requests,
		TTFTMs: milliseconds(r.FirstToken), TotalMs: milliseconds(r.Total), Tokens: r.Usage.Completion,
	}
	if r.Response != nil {
		s.Answer = tamed.Short(r.Response.Text(), longestSample)
	}
	if r.Err != nil {
		s.Error = tamed.Short(r.Err.Error(), longestError)
	}
	return s
}

// since returns the samples with numbers above n, and the last number.
func (s *samples) since(n int64) (list []sample, last int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		if s.list[i].Number > n {
			list = append(list, s.list[i])
		}
	}
	return list, s.last
}
