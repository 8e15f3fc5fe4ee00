package flow

import "time"

const (
	// retryShare of the calls may be retries, and retryFloor a second beside.
	// The figures are those of Finagle's and gRPC's retry budgets.
	retryShare = 0.2
	retryFloor = 3
	retryBurst = 100 // retries that may be saved up
)

// retryBudget bounds the retries that fail as well to a share of the calls, so that
// an endpoint in trouble is not stormed. One that is answered costs nothing in the
// end: of an endpoint that is well again, or that only seldom loses a call, what has
// to be sent again goes as fast as its limits let it.
type retryBudget struct{ bucket Bucket }

func newRetryBudget() retryBudget {
	return retryBudget{NewBucket(retryFloor, time.Second, retryBurst)}
}

func (r *retryBudget) when(now Instant, t *Ticket) Instant {
	if !t.Retry {
		return now
	}
	return r.bucket.When(now, 1)
}

func (r *retryBudget) take(now Instant, t *Ticket) {
	if t.retried = t.Retry; t.retried {
		r.bucket.Take(now, 1)
	} else {
		r.bucket.Give(retryShare)
	}
}

// ended gives back what a retry took that was answered.
func (r *retryBudget) ended(t *Ticket, kind OutcomeKind) {
	if t.retried && kind == Answered {
		r.bucket.Give(1)
	}
}
