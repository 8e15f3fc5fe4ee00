// Package dash is the web page of a run while it goes on: the page itself, the
// feed of server-sent events behind it, and the orders that it takes. It reads
// statistics, events and results; nothing in a run ever waits for it.
package dash

import (
	"encoding/json"
	"errors"

	"github.com/seed-1814a72b/paceline"
)

// A Run is the run that a page shows and gives orders to. Its methods are safe
// for concurrent use, and answer within a moment also when the run has ended.
type Run interface {
	// Look returns how the run stands: its counters, and the JSON object that
	// `paceline ctl --json` prints, without line ends between its values, in memory
	// that is the caller's.
	Look() (paceline.Stats, json.RawMessage)
	// Latencies returns how long first contents took that came, and calls that were
	// answered, since it was asked last. Nobody but the page's goroutine asks.
	Latencies() (firstToken, total paceline.Latency)
	// Do carries out an order, by the same way as `paceline ctl`, and returns
	// that object as it is then. Its error is one line that says why not, ErrEnded
	// once the run is over.
	Do(Order) (json.RawMessage, error)
}

// Facts are what does not change while a run goes on.
type Facts struct {
	Budget paceline.BudgetState // what it may use, and what earlier sessions have used
}

// ErrEnded is the answer to an order that comes too late.
var ErrEnded = errors.New("the run has ended")

// An Order is what a run can be told: the orders of `paceline ctl`.
type Order struct {
	Do       string            // "pause", "resume" or "set"
	Endpoint string            // of set: whose limits; "": those of each
	Model    string            // of set: whose limits; "": those of all calls
	Limits   map[string]string // of set: as on the command line
}

// An Ending is how a run ended.
type Ending struct {
	Stats   paceline.Stats
	Status  json.RawMessage // as of [Run.Look]; nil: that of the last look
	Summary json.RawMessage // the JSON object of --summary; nil: there is none
}
