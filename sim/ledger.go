package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Ledger is what a server has seen. Keys stand in it by name only, see
// [KeyName].
type Ledger struct {
	Requests int64            `json:"requests"`  // all that arrived
	Refused  int64            `json:"refused"`   // of these, by the rate limits
	Gone     int64            `json:"gone"`      // of these, whose client left before the end
	ByStatus map[int]int64    `json:"by_status"` // 0: no status was sent
	ByFault  map[string]int64 `json:"by_fault"`  // chosen, even where they show nothing (a stream's fault on an unstreamed call)
	ByKey    map[string]Tally `json:"by_key"`

	Complete Tally `json:"complete"` // answers written to their end
	Partial  Tally `json:"partial"`  // answers begun and not ended: tokens up to there

	InFlight    int `json:"in_flight"`
	MaxInFlight int `json:"max_in_flight"`
	Queued      int `json:"queued"` // waiting for a slot
	MaxQueued   int `json:"max_queued"`

	Connections  int64 `json:"connections"`    // opened, where the server's ConnState is wired
	MaxPerSecond int   `json:"max_per_second"` // the most arrivals in any span of a second
	MaxPerMinute int   `json:"max_per_minute"`

	Records []Record `json:"records,omitempty"` // with Config.KeepRequests, in the order in which they ended
}

// A Tally counts answers and their tokens.
type Tally struct {
	Requests         int64 `json:"requests"`
	PromptTokens     int64 `json:"prompt_tokens"`
	CompletionTokens int64 `json:"completion_tokens"`
}

// A Record is one request and what became of it.
type Record struct {
	Seq              int64     `json:"seq"` // in the order of arrival, from 1
	At               time.Time `json:"at"`
	Path             string    `json:"path"`
	Key              string    `json:"key,omitempty"` // its name, see KeyName
	Model            string    `json:"model"`
	Body             string    `json:"body,omitempty"`
	RequestID        string    `json:"request_id"`          // the x-request-id header
	AnswerID         string    `json:"answer_id,omitempty"` // the answer's "id"
	Content          string    `json:"content,omitempty"`   // text of the first choice
	Status           int       `json:"status"`              // 0: none was sent
	Fault            string    `json:"fault,omitempty"`
	PromptTokens     int       `json:"prompt_tokens"`
	CompletionTokens int       `json:"completion_tokens"` // as far as they were sent
	Complete         bool      `json:"complete"`          // the answer was written to its end
	Gone             bool      `json:"gone"`              // the client left before the end
}

// KeyName returns the name under which a key stands in the ledger: it does not
// reveal the key.
func KeyName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "key-" + hex.EncodeToString(sum[:4])
}

// ledger is a Ledger under a lock.
type ledger struct {
	mu     sync.Mutex
	sum    Ledger
	byKey  map[string]*Tally
	keep   bool
	second peak
	minute peak
}

func newLedger(keep bool) *ledger {
	return &ledger{
		sum:    Ledger{ByStatus: map[int]int64{}, ByFault: map[string]int64{}},
		byKey:  map[string]*Tally{},
		keep:   keep,
		second: peak{span: time.Second},
		minute: peak{span: time.Minute},
	}
}

// arrive counts a request and returns its time and number. The times of
// successive numbers never go back.
func (l *ledger) arrive() (time.Time, int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.sum.Requests++
	l.sum.InFlight++
	l.sum.MaxInFlight = max(l.sum.MaxInFlight, l.sum.InFlight)
	l.second.add(now)
	l.minute.add(now)
	return now, l.sum.Requests
}

func (l *ledger) finish(r *Record, accepted, refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum.InFlight--
	l.sum.ByStatus[r.Status]++
	if r.Fault != "" {
		l.sum.ByFault[r.Fault]++
	}
	if refused {
		l.sum.Refused++
	}
	if r.Gone && !r.Complete {
		l.sum.Gone++
	}
	l.tally(r, accepted)
	if l.keep {
		l.sum.Records = append(l.sum.Records, *r)
	}
}

func (l *ledger) tally(r *Record, accepted bool) {
	key := l.byKey[r.Key]
	if key == nil {
		key = &Tally{}
		l.byKey[r.Key] = key
	}
	key.Requests++
	if !accepted {
		return
	}
	key.PromptTokens += int64(r.PromptTokens)
	key.CompletionTokens += int64(r.CompletionTokens)
	t := &l.sum.Partial
	if r.Complete {
		t = &l.sum.Complete
	}
	t.Requests++
	t.PromptTokens += int64(r.PromptTokens)
	t.CompletionTokens += int64(r.CompletionTokens)
}

// queue counts a request that waits for a slot, unless the queue (of any
// length if negative) is full.
func (l *ledger) queue(limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if limit >= 0 && l.sum.Queued >= limit {
		return false
	}
	l.sum.Queued++
	l.sum.MaxQueued = max(l.sum.MaxQueued, l.sum.Queued)
	return true
}

func (l *ledger) unqueue() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum.Queued--
}

func (l *ledger) connected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum.Connections++
}

// snapshot returns a copy that shares nothing.
func (l *ledger) snapshot() Ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := l.sum
	sum.ByStatus = maps.Clone(sum.ByStatus)
	sum.ByFault = maps.Clone(sum.ByFault)
	sum.ByKey = make(map[string]Tally, len(l.byKey))
	for k, t := range l.byKey {
		sum.ByKey[k] = *t
	}
	sum.Records = slices.Clone(sum.Records)
	sum.MaxPerSecond, sum.MaxPerMinute = l.second.most, l.minute.most
	return sum
}

func (s *Server) serveStats(w http.ResponseWriter, _ *http.Request) {
	body, err := json.MarshalIndent(s.Ledger(), "", "  ")
	if err != nil { // a Ledger holds nothing that JSON cannot
		panic(err)
	}
	writeJSON(w, http.StatusOK, append(body, '\n'))
}
