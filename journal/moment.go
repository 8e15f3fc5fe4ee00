package journal

import "time"

// A Moment is how a run stood at one time, and what happened since the one
// before it in its session. Runs note one a second while they last.
type Moment struct {
	At   time.Time     // in ms
	Span time.Duration // since the one before, or since the run began, in us

	// Within Span.
	Requests, Retries, Throttled, Hedges int64
	PromptTokens, CompletionTokens       int64         // as far as known
	Cost                                 int64         // in billionths of a US dollar, as far as known
	Processor                            time.Duration // used by the process, all cores together, in us

	// At At.
	InFlight, Waiting int64
	Cap               int64 // on calls in flight; 0: none
	RequestLimit      int64 // in thousandths a minute; 0: none known
	TokenLimit        int64 // likewise
	MoneyLimit        int64 // in billionths of a US dollar an hour; 0: none
	FoundOut          bool  // RequestLimit was found out by refusals

	// Limited is for how long what held the run back, within Span, in the
	// caller's numbering. Together they are Span.
	Limited []time.Duration
}

// A Trip is how one request went.
type Trip struct {
	Started    time.Time     // when it was sent, in ms; zero: not known
	FirstToken time.Duration // to the first content, in us; 0: none came
	Total      time.Duration // to its end, in us
	HTTP       int           // status of the answer; 0: none came
	Bytes      int64         // of the answer's body, as they came
	Endpoint   string        // its name; "": there is but one
	Model      string        // that was asked; "": that of the item
	RequestID  string        // the provider's
	Hedge      bool          // sent beside an earlier one
	Message    string        // why it failed, one line, 200 bytes at most; "": it did not
}

// A Session is a process that wrote the journal.
type Session struct {
	Began time.Time // in ms
	PID   int64
}

// An Intent is a request that was about to be sent.
type Intent struct {
	Index  int64
	Cost   int64 // at most; Unknown
	Tokens int64 // at most; Unknown
}

// A Visitor is told of a journal's records in the order in which they stand. A
// func that is nil is not told. What the pointers point to is good during the
// call only. An error ends the visit, which returns it.
type Visitor struct {
	Identity func([]byte) error
	Session  func(Session) error
	Intent   func(Intent) error
	Attempt  func(*Attempt) error
	Entry    func(*Entry) error
	Moment   func(*Moment) error
}
