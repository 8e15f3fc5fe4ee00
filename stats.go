package paceline

import (
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

// Stats is a snapshot of an engine's or a run's counters.
type Stats struct {
	Items   int64 // items taken from the source, those done earlier included
	Done    int64 // answered and accepted, in this run
	Failed  int64 // ended without an answer
	Invalid int64 // ended with an answer that was never accepted

	Truncated int64 // ended with an answer that was cut off at its limit of tokens
	Filtered  int64 // ended by the provider's filter
	Refused   int64 // ended with the model's refusal

	Resumed int64 // had their row already when the run started

	Requests   int64 // requests sent, those that a provider repeats ([DeltaRepeat]) included
	Retries    int64 // of Requests, those after a transient failure
	Throttled  int64 // answers that said "later"
	Asked      int64 // of Requests, those because an answer was not accepted
	Hedges     int64 // of Requests, second attempts beside a first one
	Unsettled  int64 // of Requests, those without an answer that may be billed; Cost is without them
	EventsLost int64 // events left out because Config.Observe was too slow

	InFlight int // requests sent and not yet ended
	Waiting  int // calls in the queue of admission, or for a run's budget

	Usage Usage // of all requests, as far as known
	Cost  Cost  // of all answers; unknown as soon as one's is

	FirstToken Latency // time to the first content, of answered attempts
	Total      Latency // time to the last byte, of answered attempts

	Causes map[Code]int64 // failed attempts, and answers that were not accepted, by cause

	// Answers that were not accepted, and what they have used: a part of Usage
	// and Cost.
	NotAccepted  int64
	Rejected     Usage
	RejectedCost Cost

	// Out are the failures for which endpoints of the pool were taken out of it,
	// a bad key or no quota; Error.Endpoint names them. It is the engine's.
	Out []*Error

	Pace    Pace
	Limited Limited       // for how long what held the run, or the engine, back; together Elapsed
	Use     Use           // of the limits, and of the processor
	Budget  BudgetState   // of a run that has a [Budget]; zero else
	Elapsed time.Duration // since the run, or the engine, began
}

// Ended counts the items that have ended, in this run, one way or another.
func (s *Stats) Ended() int64 {
	return s.Done + s.Failed + s.Invalid + s.Truncated + s.Filtered + s.Refused
}

// Pace is how admission stands at this moment, all endpoints and models
// together. Limits are those of the endpoints that take calls: neither of those
// that were taken out, nor of those that are down while others are not.
type Pace struct {
	Requests Rate // the limit on requests in force; zero: none known
	FoundOut bool // Requests is not given and not told, but about what the server lets in, by what it refuses
	Tokens   Rate // the limit on tokens in force; zero: none known
	Money    Rate // the limit on money in force, in US dollars; zero: none
	InFlight int  // the cap on calls at once in force
	Adapts   bool // InFlight was not given, or not everywhere: it adapts to what the server bears

	// Requests, and Tokens, is in part what was given, which no server told or
	// showed to be too much.
	RequestsGiven, TokensGiven bool

	PausedFor   time.Duration // how long nothing will start because the server said so
	PausedCause Code          // why: CodeThrottled, or CodeOutage while nothing answers
	Refusal     *Error        // what the server said with its latest "later"; nil: none, or a call has been answered since
	RefusedFor  time.Duration // how long ago the first of these was
	NextIn      time.Duration // how long a limit on requests, tokens or money will let no call start; 0: none does, or it is not known
	NoRoom      NoRoom        // what a full disk keeps from being written: nothing of that run starts meanwhile
	LimitedBy   Bottleneck    // what keeps the run, or the engine, from going faster
	Models      []ModelPace   // each model at each endpoint that has had its calls
	Endpoints   []EndpointPace
}

// EndpointPace is whether one endpoint takes calls.
type EndpointPace struct {
	Name     string        // its number, from 1, if it was given none
	Running  int           // calls in flight there
	Down     bool          // it does not answer: only a probe goes there now and then
	DownFor  time.Duration // if Down: since the first failure
	Answered bool          // it has answered at least once, be it by an error of the request's own
	Failing  int           // its calls that failed since the last that was answered was sent
	Failure  *Error        // if Failing: why the last of them did
	Out      *Error        // why it was taken out of the pool; nil: it was not
}

// ModelPace is how the calls of one model stand at one endpoint, beside the
// limits of all of the endpoint's calls.
type ModelPace struct {
	Endpoint  string        // its name; its number, from 1, if it was given none
	Model     string        // "": calls that name none, and those of models beyond 64
	Requests  Rate          // the limit on its requests in force, given, told or found out; zero: none known
	FoundOut  bool          // Requests was found out: see [Pace]
	Tokens    Rate          // likewise on its tokens
	Money     Rate          // likewise on what they cost, in US dollars
	Running   int           // its calls in flight
	InFlight  int           // the cap on these that was given; 0: none
	PausedFor time.Duration // how long none of its calls will start there because the server said so
}

// Latency is a distribution of durations. Without any all of it is 0.
type Latency struct {
	Count         int64         // how many there were
	P50, P90, P99 time.Duration // the quantiles, within 1 %
	Max           time.Duration // the longest
}

// EventKind says what happened.
type EventKind uint8

// The kinds of events.
const (
	EventStart      EventKind = iota // a request is about to be sent
	EventFirstToken                  // its first content arrived
	EventEnd                         // the attempt ended; Err says how
	EventLater                       // the endpoint is paused for Delay: it said so
	EventItem                        // an item ended; Status and Err say how
	EventOut                         // an endpoint was taken out of the pool; Err says which and why
	EventLaterOver                   // after EventLater: a call of that model was answered there that was sent when its Delay was over; of 1,024 models at once

	eventKinds = iota
)

// An Event is one thing that happened to one call.
type Event struct {
	Kind    EventKind
	Time    time.Time
	Index   int64 // the item's index; -1 for calls outside of a run
	Attempt int   // which of the call's requests, from 1; on EventItem how many there were
	// Of an attempt, thus not on EventItem: where it went (the endpoint's name, or
	// its number), the model that it asks ("": the endpoint's own), and whether it
	// is a second attempt beside a first one.
	Endpoint string
	Model    string
	Hedge    bool
	Status   Status        // on EventItem
	Err      *Error        // nil: well
	Delay    time.Duration // on EventLater: of the pause
	// Set on EventFirstToken and EventEnd, measured from the sending.
	FirstToken, Total time.Duration
	Usage             Usage
	RequestID         string
}

// Summary is what a run came to.
type Summary struct {
	Stats
	// StoppedBy says why the run ended before its input did: "" for a whole
	// run, "interrupted", or the name of a [Code] ("auth", "quota", "budget", ...),
	// "source", "sink", "journal".
	StoppedBy string

	// Account says where the requests of this run went that have a known end:
	// those that brought an accepted row, and the others by their [Code]. Lost
	// are those that have none, since they were broken off with the run, or
	// their rows could not be kept: they may be paid twice. Together they are
	// Requests.
	Account journal.Account
	Lost    int64
}
