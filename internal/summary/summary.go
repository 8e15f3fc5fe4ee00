// Package summary is what a run came to, over all its sessions: as JSON and in words.
package summary

import (
	"encoding/json"
	"math"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// A Summary is what a run came to. Items, requests, tokens and money are of
// all sessions that wrote this output together; retries, throttled, hedges,
// asked again, answers not accepted, what limited it, latencies and elapsed time
// are of the last one.
type Summary struct {
	Items   int64 `json:"items"`   // with a row, or yet to get one
	Done    int64 `json:"done"`    // answered and accepted
	Failed  int64 `json:"failed"`  // without an answer
	Invalid int64 `json:"invalid"` // answered, never accepted

	Truncated int64 `json:"truncated"` // the answer was cut off at its limit of tokens
	Filtered  int64 `json:"filtered"`  // withheld by the provider's filter
	Refused   int64 `json:"refused"`   // the model refused

	Resumed int64 `json:"resumed"` // had their row when this session began

	Requests  int64 `json:"requests"`
	Retries   int64 `json:"retries"`
	Throttled int64 `json:"throttled"`
	Hedges    int64 `json:"hedges"`
	Asked     int64 `json:"asked_again"` // since an answer was not accepted

	PromptTokens     *int64    `json:"prompt_tokens"`     // null: the server did not tell
	CompletionTokens *int64    `json:"completion_tokens"` // likewise
	CostUSD          *float64  `json:"cost_usd"`          // null: unknown
	PaidTwice        PaidTwice `json:"possibly_paid_twice"`
	NotKept          NotKept   `json:"not_kept"`
	Budget           *Budget   `json:"budget"` // null: none was given

	NotAccepted notAccepted `json:"not_accepted"`
	Answered    Spent       `json:"answered"` // of the requests, those that brought an accepted row
	Waste       Waste       `json:"waste"`    // the others

	ElapsedS float64            `json:"elapsed_s"`
	TTFT     status.Percentiles `json:"ttft_ms"`
	Total    status.Percentiles `json:"total_ms"`

	LimitedBy limitedBy `json:"limited_by"`

	StoppedBy *string                `json:"stopped_by"` // null: the input was read to its end
	Failures  []Failure              `json:"failures"`   // by cause, most frequent first
	Endpoints []status.EndpointState `json:"endpoints"`  // of a pool, as they stood at the end of this session
	Output    string                 `json:"output"`

	session sessionFigures
}

// sessionFigures are of this session alone, where the summary has all of them.
type sessionFigures struct {
	requests int64
	failed   int64 // of requests, those that brought no answer and no "later"
	unsent   int64 // of requests, those that never left this machine
}

// notAccepted is what answers that were not accepted have used.
type notAccepted struct {
	Answers          int64    `json:"answers"`
	PromptTokens     int64    `json:"prompt_tokens"`
	CompletionTokens int64    `json:"completion_tokens"`
	CostUSD          *float64 `json:"cost_usd"` // null: unknown
}

func newNotAccepted(s *paceline.Stats) notAccepted {
	n := notAccepted{s.NotAccepted, s.Rejected.Prompt, s.Rejected.Completion, nil}
	if cost := s.RejectedCost; cost.Known || s.NotAccepted == 0 {
		usd := math.Round(cost.USD*1e9) / 1e9
		n.CostUSD = &usd
	}
	return n
}

// A Failure is a cause for which items have no accepted answer.
type Failure struct {
	Code    string `json:"code"`
	Count   int64  `json:"count"`
	Example string `json:"example"` // one item's message; "" if only earlier sessions saw it
}

// Of puts this session's figures on top of the earlier ones. total is
// the number of items of the input, 0 if it is not known.
func Of(s paceline.Summary, before Earlier, total int64) *Summary {
	sum := &Summary{
		Done: before.done + s.Done, Failed: before.Failed + s.Failed, Invalid: before.Invalid + s.Invalid,
		Truncated: before.Truncated + s.Truncated, Filtered: before.Filtered + s.Filtered, Refused: before.Refused + s.Refused,
		Resumed:  before.Rows(),
		Requests: before.Requests + s.Requests, Retries: s.Retries, Throttled: s.Throttled, Hedges: s.Hedges, Asked: s.Asked,
		NotAccepted: newNotAccepted(&s.Stats),
		ElapsedS:    math.Round(s.Elapsed.Seconds()*1000) / 1000,
		TTFT:        status.PercentilesOf(s.FirstToken),
		Total:       status.PercentilesOf(s.Total),
		Failures:    []Failure{},
		Endpoints:   status.EndpointStates(&s.Pace),
		LimitedBy:   newLimitedBy(&s.Stats),
		session:     sessionFigures{s.Requests, failedRequests(&s.Stats), s.Account.Wasted[uint8(paceline.CodeLocal)].Requests},
	}
	sum.Budget = BudgetOf(s.Budget)
	sum.Answered, sum.Waste = newWaste(before, s)
	sum.countTokens(before.Usage.Prompt+s.Usage.Prompt, before.Usage.Completion+s.Usage.Completion)
	sum.Items = max(total, sum.Ended())
	if cost := sessionCost(s).Add(before.Cost); cost.Known {
		usd := math.Round(cost.USD*1e9) / 1e9
		sum.CostUSD = &usd
	}
	sum.Budget.compare(sum.cost())
	if s.StoppedBy != "" {
		sum.StoppedBy = &s.StoppedBy
		if faults[s.StoppedBy] {
			sum.LimitedBy.Advice = "" // it would not have gone on however fast it was
		}
	}
	return sum
}

// faults are what stops a run here, whatever its server does: its disk, its input.
var faults = map[string]bool{"source": true, "sink": true, "journal": true}

// DoubtZeroCost makes a cost of $0 unknown, of requests whose price nobody knows:
// that no answer told its usage does not mean that they were free.
func (s *Summary) DoubtZeroCost() {
	if s.Requests > 0 && s.CostUSD != nil && *s.CostUSD == 0 {
		s.CostUSD = nil
	}
}

// countTokens sets the tokens. Answers that took none at all come from a server
// that does not tell.
func (s *Summary) countTokens(prompt, completion int64) {
	if s.Done > 0 && prompt+completion == 0 {
		return
	}
	s.PromptTokens, s.CompletionTokens = &prompt, &completion
}

// failedRequests counts those that failed, without those that were told to wait,
// that we broke off, or whose answer was not accepted.
func failedRequests(s *paceline.Stats) (n int64) {
	for code, count := range s.Causes {
		switch code {
		case paceline.CodeThrottled, paceline.CodeCanceled:
		default:
			n += count
		}
	}
	return n - s.NotAccepted
}

// sessionCost is the session's cost; one that sent nothing cost nothing.
func sessionCost(s paceline.Summary) paceline.Cost {
	if s.Requests == 0 {
		return paceline.Cost{Known: true}
	}
	return s.Cost
}

// Ended counts the items that have a row.
func (s *Summary) Ended() int64 { return s.Done + s.NotDone() }

// NotDone counts the items whose row has no accepted answer.
func (s *Summary) NotDone() int64 {
	return s.Failed + s.Invalid + s.Truncated + s.Filtered + s.Refused
}

// cost returns the money as the library has it.
func (s *Summary) cost() paceline.Cost {
	if s.CostUSD == nil {
		return paceline.Cost{}
	}
	return paceline.Cost{USD: *s.CostUSD, Known: true}
}

// Encode returns the summary as --summary writes it.
func (s *Summary) Encode() []byte {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // numbers and strings cannot fail
	}
	return append(b, '\n')
}
