package paceline

import (
	"context"
	"encoding/json"
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

// An Item is one piece of work as a [Source] read it.
type Item struct {
	Index int64           // position in the input, from 0, without gaps
	ID    string          // the item's own id (custom_id of batch lines), "" if none
	Raw   json.RawMessage // the item as JSON: an object, or a string for a line of text
	File  string          // where it stands, for errors; "" if nowhere
	Line  int64           // from 1; 0 if unknown

	// Request is the call to make. [Job.Prepare] may make or complete it.
	Request *Request

	// Err says why the item cannot be sent. The item then gets a row with
	// this error, and nothing is sent for it.
	Err error
}

// A Source yields items, one by one. It is used by one goroutine at a time and
// read only as fast as calls are admitted. An engine reads some items ahead, and those
// that were not sent when the run ends have no row.
type Source interface {
	// Next returns the next item, or io.EOF itself after the last. Any other error
	// ends the run, one that wraps io.EOF too, as a panic does: for an item that
	// cannot be read, set [Item.Err] instead.
	Next(ctx context.Context) (Item, error)
}

// A source that has this method too is asked by it: what Next returns is put into
// it, which is the zero Item, and need not be copied.
type intoSource interface {
	NextInto(ctx context.Context, it *Item) error
}

// Status is how an item ended.
type Status uint8

// The statuses.
const (
	StatusDone    Status = iota // answered and accepted
	StatusFailed                // no answer; Err says why
	StatusInvalid               // answered, but never accepted; the last answer is kept

	// Answers that are kept and are not what was asked for.
	StatusTruncated // cut off at the limit of its tokens, and not accepted
	StatusFiltered  // withheld by the provider's filter, before or within the answer
	StatusRefused   // the model refused
)

var statuses = [...]string{"done", "failed", "invalid", "truncated", "filtered", "refused"}

// String returns "done", "failed", "invalid", "truncated", "filtered" or
// "refused".
func (s Status) String() string { return statuses[s] }

// A Result is one item's end. Failure is data here: it never ends the run.
type Result struct {
	Item     Item
	Status   Status
	Response *Response // nil if there was none; for what was not accepted, the last answer
	Err      *Error    // nil if done

	Requests   int           // requests sent for the item, hedges included
	Attempts   int           // of these, those that counted: waiting as told costs none
	Started    time.Time     // when its first request was sent; zero if none was
	FirstToken time.Duration // of the attempt that ended it; 0 if none
	Total      time.Duration // likewise
	Usage      Usage         // of all its requests, as far as known
	Cost       Cost          // likewise

	brings  bool         // one of Requests brought the row; the others are accounted for
	brought journal.Used // by that one
	trip    journal.Trip // of it, or of the last of Requests
}

// A Sink takes each item's result, exactly once, in the order of completion.
// It is used by one goroutine at a time. Its context carries the run's values
// and does not end with the run: what is answered, and durable, is still put.
// An error, or a panic, stops the run, and nothing is put after it; with a journal the
// results that were committed stand in it and are not put again by a resumed
// run. The result is the sink's: nobody reads it any more.
type Sink interface {
	Put(ctx context.Context, r *Result) error
}

// SourceFunc lets a function be a [Source].
type SourceFunc func(ctx context.Context) (Item, error)

// Next calls f.
func (f SourceFunc) Next(ctx context.Context) (Item, error) { return f(ctx) }

// SinkFunc lets a function be a [Sink].
type SinkFunc func(ctx context.Context, r *Result) error

// Put calls f.
func (f SinkFunc) Put(ctx context.Context, r *Result) error { return f(ctx, r) }

// A Job is a whole run: every item of a source, each to its result.
type Job struct {
	Source Source

	// Prepare makes an item's request, or completes the one that the source
	// gave it; an error becomes the item's row ([CodeBadItem]). It is called on
	// one goroutine. A panic in it fails the item alone ([CodePanic]). The item is
	// lent, and another's once it has ended: copy what is to be kept. nil: the source
	// makes the requests.
	Prepare func(*Item) (*Request, error)

	// Journal makes the run durable and resumable: items that have a row in it
	// are skipped, an intent precedes every request, and every result's row is
	// committed before the sink hears of it. It is flushed, not closed, when
	// the run ends. One run at a time has it. nil: nothing is kept.
	Journal *journal.Journal
	// Encode appends an item's row, one line with its newline, to dst. It is
	// needed with a journal, and called concurrently.
	Encode func(dst []byte, r *Result) []byte
	// Sum is the checksum of an item, which its records in the journal keep. Run passes
	// over an item that has its row whatever it holds now: whoever continues a run
	// compares it with [journal.Journal.ItemSum] before, and [journal.Recovery]'s
	// identity with its own, as the command does. nil: the CRC-32C of Item.Raw. It is called concurrently. The item is lent, as
	// Prepare's is.
	Sum func(*Item) uint32

	// Budget bounds what the run may use up. The zero Budget does not.
	Budget Budget

	// Sink takes the results. It may be nil when there is a journal.
	Sink Sink
}
