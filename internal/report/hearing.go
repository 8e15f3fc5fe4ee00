package report

import (
	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// A hearing is what the requests of a run tell, all together, of the other side and of
// this machine.
type hearing struct {
	heard     bool // something was answered, be it by an error of the request's own
	exhausted bool // this machine had no file descriptors or ports left for some
}

// add takes a request that ended with a code. What is an answer is what it is to the
// engine: an outage's errors are none.
func (h *hearing) add(t *journal.Trip, code paceline.Code, done bool) {
	h.exhausted = h.exhausted || code == paceline.CodeLocal
	switch (&paceline.Error{Code: code}).Verdict() {
	case paceline.VerdictRetry, paceline.VerdictStop:
		h.heard = h.heard || done || t.FirstToken > 0
	case paceline.VerdictLater:
		h.heard = h.heard || code != paceline.CodeLocal
	default:
		h.heard = h.heard || done || answered(code) || t.HTTP != 0
	}
}
