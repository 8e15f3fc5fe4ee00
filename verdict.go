package paceline

import (
	"bytes"
	"net/http"
)

// Verdict is what policy makes of an attempt's outcome.
type Verdict uint8

// The verdicts.
const (
	VerdictDone  Verdict = iota // an accepted answer
	VerdictAsk                  // complete but invalid: ask again
	VerdictLater                // throttled: wait as told; costs no attempt
	VerdictRetry                // transient: back off; costs an attempt
	VerdictItem                 // the item's own fault: its row says so
	VerdictJob                  // the job's fault: stop, resumable
	VerdictStop                 // cancelled by us: no row, no blame
)

var verdicts = [...]Verdict{
	CodeUnknown: VerdictRetry, CodeThrottled: VerdictLater, CodeServer: VerdictRetry,
	CodeInvalidRequest: VerdictItem, CodeContextTooLong: VerdictItem,
	CodeTooLarge: VerdictItem, CodeContentFilter: VerdictItem,
	CodeAuth: VerdictJob, CodeModelNotFound: VerdictJob, CodeQuota: VerdictJob,
	CodeRedirect: VerdictJob, CodeConnection: VerdictRetry, CodeTLS: VerdictJob,
	CodeProxy: VerdictJob, CodeFirstToken: VerdictRetry, CodeStall: VerdictRetry,
	CodeTimeout: VerdictRetry, CodeCut: VerdictRetry, CodeMalformed: VerdictRetry,
	CodeTooLong: VerdictItem, CodeLocal: VerdictLater, CodeInvalidAnswer: VerdictAsk, CodeOutage: VerdictJob,
	CodeBadItem: VerdictItem, CodeCanceled: VerdictStop, CodePanic: VerdictItem, CodeBudget: VerdictJob,
	CodeTruncated: VerdictItem, CodeRefused: VerdictItem, CodeOutrun: VerdictStop,
}

// Verdict returns what is to be done about e: the server's explicit hint where
// it gave one, else what its code means.
func (e *Error) Verdict() Verdict {
	v := VerdictRetry
	if int(e.Code) < len(verdicts) {
		v = verdicts[e.Code]
	}
	switch {
	case e.Hint == HintRetry && v == VerdictItem:
		return VerdictRetry
	case e.Hint == HintStop && (v == VerdictRetry || v == VerdictLater):
		return VerdictItem
	}
	return v
}

// verdict is the error's, but an unknown model is the item's own fault where
// other items name models that are known, and an address at which there is
// no API is the job's, as long as nothing was answered.
func (r *run) verdict(c *call, err *Error) Verdict {
	switch {
	case err == nil:
		return VerdictDone
	case err.Code == CodeModelNotFound && r.answered.Load():
		return VerdictItem
	case r.nowhere(c, err):
		return VerdictJob
	}
	return err.Verdict()
}

// nowhere reports whether there is no API where the job's calls go, so that it is no
// item's fault, and no patience mends it. An item that names a path of its own is another
// matter.
func (r *run) nowhere(c *call, err *Error) bool {
	usual := c.req.Path == "" || c.req.Path == ChatCompletions
	certain := err.Verdict() != VerdictRetry || r.bare.Load() >= certainAfter
	return usual && certain && err.NoAPI() && !r.answered.Load()
}

// certainAfter failures one after the other that are those of no API are no coincidence,
// where a single one may be a bad moment of a gateway's.
const certainAfter = 5

// hopeless counts a failure, and reports whether by now there surely is no API. Of several
// endpoints another may have one.
func (r *run) hopeless(c *call, err *Error) bool {
	if !err.NoAPI() {
		r.bare.Store(0)
		return false
	}
	r.bare.Add(1)
	return len(c.engine.endpoints) == 1 && r.nowhere(c, err)
}

// NoAPI reports whether e is the answer of a server that has no such API at the address:
// nothing is there (404), it takes no POST (405, or 501 without an API's words), or what
// comes is a web page, such as the login of a proxy. An API may answer so in one item's
// case, or for a while; as the first thing that is heard of a server it means that the
// address is wrong.
func (e *Error) NoAPI() bool {
	switch e.Status {
	case http.StatusNotFound:
		return e.Code == CodeInvalidRequest && e.Remote
	case http.StatusMethodNotAllowed:
		return e.Remote
	case http.StatusNotImplemented:
		return e.Code == CodeServer && e.ProviderCode == "" && !isObject(e.Body)
	}
	return e.Code == CodeMalformed && e.Status == http.StatusOK && bytes.HasPrefix(bytes.TrimSpace(e.Body), []byte("<"))
}

// isObject reports whether a body begins as an object of JSON does.
func isObject(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) }
