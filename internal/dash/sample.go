package dash

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// Of the items that end, one in samplePause is shown, and of its texts so much.
// An item that was not accepted has a pause of its own, so that the others do
// not hide it.
const (
	samplesKept   = 40
	samplePause   = 250 * time.Millisecond
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
	next [2]atomic.Int64 // when one may be taken again, Unix time in ns: of accepted ones, of others

	mu   sync.Mutex
	list []sample // the oldest first
	last int64
}

// add takes an item that ended at now, unless one was taken a moment ago; then
// it costs next to nothing.
func (s *samples) add(r *paceline.Result, now time.Time) {
	next := &s.next[0]
	if r.Status != paceline.StatusDone {
		next = &s.next[1]
	}
	due := next.Load()
	soon := time.Duration(due - now.UnixNano())
	if soon > 0 && soon <= samplePause { // later than that only a clock that was set back can make it
		return
	}
	if !next.CompareAndSwap(due, now.Add(samplePause).UnixNano()) {
		return
	}
	taken := newSample(r, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	taken.Number = s.last
	s.list = append(s.list, taken)
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
