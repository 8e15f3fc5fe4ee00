package paceline

import (
	"context"
	"time"
)

// A Provider makes one attempt at one call. It never sleeps, queues or
// retries; it classifies what happened and leaves the decision to the engine.
//
// Implementations are safe for concurrent use by any number of goroutines.
type Provider interface {
	// Attempt sends req once and returns the complete response, put together
	// as the server would have sent it unstreamed.
	//
	// emit, unless nil, is called for every sign of life in the order of
	// arrival, on the goroutine that called Attempt and never after Attempt
	// has returned. [DeltaSent] alone may come on another goroutine. On
	// [DeltaReady] emit may take until the request may go out, or ctx ends. The
	// engine's watchdog lives on these calls: a provider that reports no
	// [DeltaContent] is taken for one that sends whole answers only. Where ctx is
	// not [Watched], one call is enough for all the progress that was read together,
	// and it may come on another goroutine, while that which called Attempt waits:
	// there emit must not wait.
	//
	// A provider that sends a second request within the attempt, because the
	// server refused something that the provider had added to the first, says so
	// by [DeltaRepeat]: the engine counts every request that is sent.
	//
	// Response.Bytes and Error.Bytes count what was received of the answer's body,
	// and Error.RequestID and Error.Status are set once the header has come, also
	// when ctx has ended: histories of a run show them.
	//
	// The engine writes to what "Set by the engine" stands at in a Response, and
	// Config.Accept to its choices. A provider may return one Response to several
	// calls, also at the same time, if it does not change it: all but the first get
	// another like it, with choices of their own. An Error is not written to.
	//
	// A failure is an [*Error]. When ctx ends, Attempt returns promptly, with
	// the connection given up, an error of code [CodeCanceled] that wraps
	// [context.Cause]. Attempt joins every goroutine that it starts.
	Attempt(ctx context.Context, req *Request, emit func(Delta)) (*Response, error)
}

// ProviderFunc lets a function be a [Provider].
type ProviderFunc func(ctx context.Context, req *Request, emit func(Delta)) (*Response, error)

// Attempt calls f.
func (f ProviderFunc) Attempt(ctx context.Context, req *Request, emit func(Delta)) (*Response, error) {
	return f(ctx, req, emit)
}

// A Pinger is a [Provider] that can measure the network without making a call.
// Limits that are counted strictly ([Strict]) learn from it how unevenly the
// network delays: 64 times when they begin to be used, then once a second up
// to 256 times, then every 15 s, as long as there are calls.
type Pinger interface {
	// Ping returns how long a round trip of the network to the provider takes.
	// It costs nothing of any limit. It is safe for concurrent use, and ends
	// promptly when ctx does.
	Ping(ctx context.Context) (time.Duration, error)
}
