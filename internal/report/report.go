// Package report says what a run was like, from its journal and the rows that
// the journal commits, and from nothing else: also for a run that was killed, and
// for one that goes on, which is not disturbed.
//
// [Read] makes a [Report] in memory that does not grow with the run. A Report is
// the form of `paceline report --format json`; [Report.Page] and [Report.Markdown]
// are the same for people.
package report

import (
	"time"

	"github.com/seed-1814a72b/paceline"
)

// Format is the name of the form that a [Report] has in JSON. Fields may be added
// to it; a change of those that are there gets another name.
const Format = "paceline-report/1"

// A Report is what a run came to, over all sessions that wrote its output.
// Durations are in seconds, or in milliseconds where the name says so; what is
// not known is null.
type Report struct {
	Format   string    `json:"format"`
	Written  time.Time `json:"written"`
	State    State     `json:"state"`
	Headline string    `json:"headline"` // what happened, in a sentence
	Missing  []string  `json:"missing"`  // what the journal does not tell, in sentences
	Output   string    `json:"output"`
	Run      About     `json:"run"`

	Began    *time.Time `json:"began"` // the first session
	Ended    *time.Time `json:"ended"` // the last thing that the journal knows of
	RunningS float64    `json:"running_s"`
	Sessions []Session  `json:"sessions"` // at most 200, the first ones

	Items            Items    `json:"items"`
	Requests         Requests `json:"requests"`
	PromptTokens     *int64   `json:"prompt_tokens"`
	CompletionTokens *int64   `json:"completion_tokens"`
	CostUSD          *float64 `json:"cost_usd"`          // as far as known; null: of no request
	Unpriced         int64    `json:"unpriced_requests"` // whose cost is not known
	FirstToken       Latency  `json:"ttft_ms"`           // of answered requests
	Total            Latency  `json:"total_ms"`          // likewise

	LimitedBy []Share  `json:"limited_by"` // the largest first; together 1, or none
	Advice    []string `json:"advice"`     // what to change, in sentences

	Answered  Spent      `json:"answered"` // of the requests, those that brought an accepted row
	Waste     Waste      `json:"waste"`    // the others
	Failures  []Failure  `json:"failures"` // items without an accepted answer, by cause
	Endpoints []Endpoint `json:"endpoints"`
	Series    Series     `json:"series"`
	Latencies Latencies  `json:"latencies"`

	Failed  []Item `json:"failed_items"`  // all, or a random sample
	Slowest []Item `json:"slowest_items"` // from the first request to the end of the last
	Dearest []Item `json:"dearest_items"` // of known cost
	Sample  []Item `json:"sampled_items"` // drawn at random from all
}

// State is how a run stands.
type State string

// The states.
const (
	Finished State = "finished" // every item of the input has its row
	Running  State = "running"
	Stopped  State = "stopped" // ended in good order before its input was done
	Killed   State = "killed"  // its last process did not end in good order, and items are left
	Unknown  State = "unknown" // it does not run; how many items there are is not known
)

// About is what was run. It holds no key.
type About struct {
	Model  string   `json:"model"`
	Host   string   `json:"host"`
	Inputs []string `json:"inputs"`
	Items  int64    `json:"-"` // of the input; 0: not known
	Format string   `json:"format"`
	Prompt string   `json:"prompt"`
	System string   `json:"system"`
	Params []string `json:"params"`
	Check  string   `json:"check"` // what an answer must be
}

// Items counts the input's.
type Items struct {
	Total     *int64 `json:"total"` // null: not known
	Done      int64  `json:"done"`
	Failed    int64  `json:"failed"`
	Invalid   int64  `json:"invalid"`
	Truncated int64  `json:"truncated"`
	Filtered  int64  `json:"filtered"`
	Refused   int64  `json:"refused"`
}

// ended counts those that have a row.
func (i *Items) ended() int64 { return i.Done + i.notDone() }

func (i *Items) notDone() int64 { return i.Failed + i.Invalid + i.Truncated + i.Filtered + i.Refused }

// Requests counts what was sent.
type Requests struct {
	Sent      int64  `json:"sent"`
	Open      int64  `json:"open"` // of Sent, those without a known end
	Retries   *int64 `json:"retries"`
	Throttled int64  `json:"throttled"`
	Hedges    *int64 `json:"hedges"`
}

// Latency is a distribution in milliseconds, null when nothing was measured.
type Latency struct {
	Count int64    `json:"count"`
	P50   *float64 `json:"p50"`
	P90   *float64 `json:"p90"`
	P99   *float64 `json:"p99"`
	Max   *float64 `json:"max"`
}

// A Share is for how long one thing held the run back.
type Share struct {
	By      string  `json:"cause"` // the name of a paceline.Bottleneck; "" for none
	Share   float64 `json:"share"`
	Seconds float64 `json:"seconds"`

	bottleneck paceline.Bottleneck
}

// Spent is what some requests used. A figure is null when it is not known of one
// of them.
type Spent struct {
	Requests         int64    `json:"requests"`
	PromptTokens     *int64   `json:"prompt_tokens"`
	CompletionTokens *int64   `json:"completion_tokens"`
	CostUSD          *float64 `json:"cost_usd"`
}

// Waste is where requests went that brought no accepted row.
type Waste struct {
	Spent
	Causes []WasteCause `json:"by_cause"` // most requests first
}

// A WasteCause is why, in the words of the summary.
type WasteCause struct {
	Cause string `json:"cause"`
	Spent
}

// A Failure is a cause for which items have no accepted answer.
type Failure struct {
	Code    string `json:"code"`
	Count   int64  `json:"count"`
	Example string `json:"example"` // one item's message
	Index   int64  `json:"index"`   // that item's
}

// An Endpoint is what was sent to one endpoint of a pool, for one model where
// the requests named different ones.
type Endpoint struct {
	Name      string  `json:"name"`
	Model     string  `json:"model"`
	Requests  int64   `json:"requests"`
	Throttled int64   `json:"throttled"`
	Failed    int64   `json:"failed"` // without an answer, and not throttled
	Total     Latency `json:"total_ms"`
}

// A Session is a process that wrote the output. Times of the series count the
// running time of the sessions, one after the other.
type Session struct {
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"` // the last thing known of it
	X     float64   `json:"x"`     // where it begins in the series, s
	Rows  int64     `json:"rows"`
	Noted bool      `json:"noted"` // how it stood was noted each second
}

// Series are the run over its running time, in steps of the same width. Each is
// as long as X, or empty where nothing of the kind is known.
type Series struct {
	Step         float64         `json:"step_s"`
	X            Line            `json:"x"` // where each step begins, s
	Requests     Line            `json:"requests_per_min"`
	RequestLimit Line            `json:"request_limit_per_min"`
	Done         Line            `json:"done_per_min"` // items answered and accepted
	Prompt       Line            `json:"prompt_tokens_per_min"`
	Completion   Line            `json:"completion_tokens_per_min"`
	TokenLimit   Line            `json:"token_limit_per_min"`
	InFlight     Line            `json:"in_flight"`
	Cap          Line            `json:"concurrency"` // the cap on calls in flight
	Waiting      Line            `json:"waiting"`
	Cost         Line            `json:"cost_usd"`      // so far
	Processor    Line            `json:"processors"`    // used by the process
	Limited      map[string]Line `json:"limited_by"`    // shares of each step
	Wasted       map[string]Line `json:"waste_per_min"` // requests that brought no row, by cause
	Wide         WideSeries      `json:"latency"`
}

// WideSeries are latencies over time, in wider steps, in seconds.
type WideSeries struct {
	Step          float64 `json:"step_s"`
	X             Line    `json:"x"`
	FirstTokenP50 Line    `json:"ttft_p50_s"`
	FirstTokenP99 Line    `json:"ttft_p99_s"`
	TotalP50      Line    `json:"total_p50_s"`
	TotalP99      Line    `json:"total_p99_s"`
}

// Latencies are histograms of answered requests, in buckets that are as wide as
// each other on a logarithmic scale. Edges are in seconds, one more than counts.
type Latencies struct {
	Edges      Line    `json:"edges_s"`
	FirstToken []int64 `json:"ttft"`
	Total      []int64 `json:"total"`
}

// An Item is one row with its history.
type Item struct {
	Index   int64      `json:"index"`
	ID      string     `json:"id"`
	Status  string     `json:"status"` // "done", "failed", "invalid", "truncated", "filtered" or "refused"
	Code    string     `json:"code"`   // why it is not done
	Started *time.Time `json:"started"`

	TookS        *float64 `json:"took_s"`  // from its first request to its end
	FirstTokenMS *float64 `json:"ttft_ms"` // of the attempt that ended it
	TotalMS      *float64 `json:"total_ms"`

	Requests         int64    `json:"requests"`
	PromptTokens     *int64   `json:"prompt_tokens"`
	CompletionTokens *int64   `json:"completion_tokens"`
	CostUSD          *float64 `json:"cost_usd"`

	Message string `json:"message"` // why it has no answer
	Answer  string `json:"answer"`  // its beginning
	Item    string `json:"item"`    // the item's own fields, or their beginning

	History []Request `json:"history"` // in their order; of many the first and the last ones
	Omitted int       `json:"omitted"` // requests that History leaves out
}

// A Request is one request of an item.
type Request struct {
	Started      *time.Time `json:"started"`
	Outcome      string     `json:"outcome"` // "answered", or a code
	HTTP         int        `json:"http"`    // 0: no answer came
	FirstTokenMS *float64   `json:"ttft_ms"`
	TotalMS      *float64   `json:"total_ms"`
	Bytes        int64      `json:"bytes"`
	CostUSD      *float64   `json:"cost_usd"`
	Endpoint     string     `json:"endpoint"`
	Model        string     `json:"model"`
	RequestID    string     `json:"request_id"`
	Hedge        bool       `json:"hedge"`
	Message      string     `json:"message"`
}
