package summary

import (
	"errors"
	"runtime"
	"syscall"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// InterruptedBy is [paceline.Summary.StoppedBy] after a signal.
const InterruptedBy = "interrupted"

// stopReasons are the words for what stops a run.
var stopReasons = map[string]string{
	InterruptedBy: "interrupted",
	"source":      "the input cannot be read",
	"sink":        "the rows cannot be written",
	"journal":     "the rows cannot be kept",

	paceline.CodeAuth.String():           "the key was refused",
	paceline.CodeModelNotFound.String():  "the server does not know the model",
	paceline.CodeQuota.String():          "no quota or credit is left",
	paceline.CodeRedirect.String():       "the server redirects",
	paceline.CodeTLS.String():            "no connection over TLS is to be had that can be trusted",
	paceline.CodeProxy.String():          "the proxy does not work",
	paceline.CodeBudget.String():         "the budget is spent",
	paceline.CodeOutage.String():         "the server does not answer",
	paceline.CodeInvalidRequest.String(): "the server refuses the requests",
	paceline.CodeContextTooLong.String(): "the requests are too long for the model",
	paceline.CodeTooLarge.String():       "the requests are too large for the server",
	paceline.CodeContentFilter.String():  "the provider's filter refuses the requests",
}

// AnsweredWith returns the HTTP status of the answer for which an outage was
// declared, 0 if there was none.
func AnsweredWith(outage *paceline.Error) int {
	if last, ok := errors.AsType[*paceline.Error](outage.Err); ok {
		return last.Status
	}
	return 0
}

// StopReason says in a few words what stopped a run.
func StopReason(by string, err error) string {
	lost, _ := errors.AsType[*journal.Error](err)
	switch {
	case lost != nil && lost.Code == journal.CodeOutput:
		return "the output was removed or replaced"
	case isDiskFull(err):
		return "the disk is full"
	case errors.Is(err, syscall.EPIPE):
		return "the output was closed"
	}
	if e, ok := errors.AsType[*paceline.Error](err); ok && by == e.Code.String() && e.NoAPI() {
		return "the server has no such API at this address"
	}
	if e, ok := errors.AsType[*paceline.Error](err); ok && e.Code == paceline.CodeOutage && AnsweredWith(e) > 0 {
		return "the server answers with errors only"
	}
	if words := stopReasons[by]; words != "" {
		return words
	}
	return "the run cannot go on"
}

// isDiskFull reports whether err is that of a disk without room, or of a user
// who may not use more of it.
func isDiskFull(err error) bool {
	const windowsDiskFull = syscall.Errno(112)
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		runtime.GOOS == "windows" && errors.Is(err, windowsDiskFull)
}
