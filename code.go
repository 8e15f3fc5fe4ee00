package paceline

// Code is the closed set of reasons for which an attempt or an item fails.
type Code uint8

// The codes. Each names its [Verdict].
const (
	CodeUnknown Code = iota // not classified: retried

	// The server said it.
	CodeThrottled      // 429 with a rate limit, 498, 529, 503 with a rate message: later
	CodeServer         // 408, 409, 425, 499, 5xx, an error event in the stream: retry
	CodeInvalidRequest // 400, 404 of a path, 422 and other 4xx: the item's fault (a 404 the job's, while a run has no answer yet)
	CodeContextTooLong // the prompt exceeds the model's context: the item's fault
	CodeTooLarge       // 413: the item's fault
	CodeContentFilter  // withheld by the provider's filter: the item's fault
	CodeAuth           // 401, 403: the job's fault
	CodeModelNotFound  // 404 of a model: the job's fault
	CodeQuota          // 402, insufficient_quota, a spend limit: the job's fault
	CodeRedirect       // 3xx: the job's fault (a key is never sent on to another address)

	// We inferred it.
	CodeConnection    // refused, reset, DNS, unexpected EOF before the answer: retry
	CodeTLS           // a certificate that does not verify: the job's fault
	CodeProxy         // the configured proxy fails: the job's fault
	CodeFirstToken    // no content within the first-token deadline: retry
	CodeStall         // silence in mid-stream beyond the stall deadline: retry
	CodeTimeout       // the whole call took longer than its deadline: retry
	CodeCut           // the stream or body ended before it was complete: retry
	CodeMalformed     // not the JSON, or not the shape, that was due: retry
	CodeTooLong       // an answer, line or header beyond the caps: the item's fault
	CodeLocal         // out of file descriptors or the like: later, with fewer in flight
	CodeInvalidAnswer // complete, but not accepted: ask again
	CodeOutage        // no endpoint has answered for longer than allowed: the job's fault

	// Ours.
	CodeBadItem  // the item could not be read or rendered: the item's fault
	CodeCanceled // the caller cancelled, or the engine shut down
	CodePanic    // a hook panicked on this item: the item's fault
	CodeBudget   // a budget is used up, or a cost that is limited is not known: the job's fault

	// How a complete answer ended. They came later: the numbers of the codes
	// above stand in journals.
	CodeTruncated // cut off at the limit of its tokens, and not accepted
	CodeRefused   // the model refused to answer

	CodeOutrun // another attempt at the same call was quicker: never an item's end
)

var codeNames = [...]string{
	CodeUnknown: "unknown", CodeThrottled: "throttled", CodeServer: "server_error",
	CodeInvalidRequest: "invalid_request", CodeContextTooLong: "context_too_long",
	CodeTooLarge: "request_too_large", CodeContentFilter: "content_filter",
	CodeAuth: "auth", CodeModelNotFound: "model_not_found", CodeQuota: "quota",
	CodeRedirect: "redirect", CodeConnection: "connection", CodeTLS: "tls",
	CodeProxy: "proxy", CodeFirstToken: "first_token_timeout", CodeStall: "stall_timeout",
	CodeTimeout: "timeout", CodeCut: "cut", CodeMalformed: "malformed",
	CodeTooLong: "answer_too_long", CodeLocal: "local_resources",
	CodeInvalidAnswer: "invalid_answer", CodeOutage: "outage", CodeBadItem: "bad_item",
	CodeCanceled: "canceled", CodePanic: "panic", CodeBudget: "budget",
	CodeTruncated: "truncated", CodeRefused: "refused", CodeOutrun: "outrun",
}

// String returns the code's name as it stands in rows, logs and metrics.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return codeNames[CodeUnknown]
}

// CodeNamed returns the code that String calls so, [CodeUnknown] if none is.
func CodeNamed(name string) Code {
	for c, n := range codeNames {
		if n == name {
			return Code(c)
		}
	}
	return CodeUnknown
}

// Status returns how an item has ended whose error has this code.
func (c Code) Status() Status {
	switch c {
	case CodeInvalidAnswer:
		return StatusInvalid
	case CodeTruncated:
		return StatusTruncated
	case CodeContentFilter:
		return StatusFiltered
	case CodeRefused:
		return StatusRefused
	}
	return StatusFailed
}

// MarshalText returns the code's name.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
