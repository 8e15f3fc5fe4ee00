package paceline

import (
	"context"
	"encoding/json"
	"time"
)

// An Item is one piece of work as a [Source] read it.
type Item struct {
	Index int64           // position in the input, from 0, without gaps
	ID    string          // the item's own id (custom_id of batch lines), "" if none
	Raw   json.RawMessage // the item as JSON: an object, or a string for a line of text
	File  string          // where it stands, for errors; "" if nowhere
	Line  int64           // from 1; 0 if unknown

	// Request is the call to make. A source may leave it nil for
	// [Job.Prepare] to fill.
	Request *Request

	// Err says why the item cannot be sent. The item then gets a row with
	// this error, and nothing is sent for it.
	Err error
}

// A Source yields items, one by one. It is used by one goroutine at a time and
// read only as fast as calls are admitted.
type Source interface {
	// Next returns the next item, or io.EOF after the last. Any other error
	// ends the run: for an item that cannot be read, set [Item.Err] instead.
	Next(ctx context.Context) (Item, error)
}

// Status is how an item ended.
type Status uint8

// The statuses.
const (
	StatusDone    Status = iota // answered and accepted
	StatusFailed                // no answer; Err says why
	StatusInvalid               // answered, but never accepted; the last answer is kept
)

// String returns "done", "failed" or "invalid".
func (s Status) String() string { return [...]string{"done", "failed", "invalid"}[s] }

// A Result is one item's end. Failure is data here: it never ends the run.
type Result struct {
	Item     Item
	Status   Status
	Response *Response // nil if there was none
	Err      *Error    // nil if done

	Requests   int           // requests sent for the item, hedges included
	Started    time.Time     // when its first request was sent; zero if none was
	FirstToken time.Duration // of the attempt that ended it; 0 if none
	Total      time.Duration // likewise
	Usage      Usage         // of all its requests, as far as known
	Cost       Cost          // likewise
}

// A Sink takes each item's result, exactly once, in the order of completion.
// It is used by one goroutine at a time. An error stops the run, resumable.
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
