package cli

import (
	"errors"
	"net/http"
	"runtime"
	"slices"
	"syscall"

	"github.com/seed-1814a72b/paceline"
)

// interruptedBy is [paceline.Summary.StoppedBy] after a signal.
const interruptedBy = "interrupted"

// refusals are the codes with which a server refuses one request for its own
// sake. A run that nothing else happened to is stopped by them.
var refusals = []paceline.Code{
	paceline.CodeInvalidRequest, paceline.CodeContextTooLong, paceline.CodeTooLarge, paceline.CodeContentFilter,
}

// byRefusal reports whether a run was stopped because every request was refused.
func byRefusal(stoppedBy string) bool {
	return slices.ContainsFunc(refusals, func(c paceline.Code) bool { return c.String() == stoppedBy })
}

// stopReasons are the words for what stops a run.
var stopReasons = map[string]string{
	interruptedBy: "interrupted",
	"source":      "the input cannot be read",
	"sink":        "the rows cannot be written",
	"journal":     "the rows cannot be kept",

	paceline.CodeAuth.String():           "the key was refused",
	paceline.CodeModelNotFound.String():  "the server does not know the model",
	paceline.CodeQuota.String():          "no quota or credit is left",
	paceline.CodeRedirect.String():       "the server redirects",
	paceline.CodeTLS.String():            "the server's certificate is not trusted",
	paceline.CodeProxy.String():          "the proxy does not work",
	paceline.CodeBudget.String():         "the budget is spent",
	paceline.CodeOutage.String():         "the server does not answer",
	paceline.CodeInvalidRequest.String(): "the server refuses the requests",
	paceline.CodeContextTooLong.String(): "the requests are too long for the model",
	paceline.CodeTooLarge.String():       "the requests are too large for the server",
	paceline.CodeContentFilter.String():  "the provider's filter refuses the requests",
}

// stopReason says in a few words what stopped a run.
func stopReason(by string, err error) string {
	switch {
	case isDiskFull(err):
		return "the disk is full"
	case errors.Is(err, syscall.EPIPE):
		return "the output was closed"
	}
	if e, ok := errors.AsType[*paceline.Error](err); ok && byRefusal(by) && e.Status == http.StatusNotFound {
		return "the server has nothing at this address"
	}
	if e, ok := errors.AsType[*paceline.Error](err); ok && e.Code == paceline.CodeOutage && answeredWith(e) > 0 {
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
