package summary

import (
	"slices"

	"github.com/seed-1814a72b/paceline"
)

// ownFaults are the causes that another attempt at the same item meets again.
var ownFaults = append([]paceline.Code{
	paceline.CodeBadItem, paceline.CodeTooLong, paceline.CodeTruncated, paceline.CodeRefused,
}, refusals...)

// WorthAnother reports whether an item failed for which another attempt may end
// better.
func (s *Summary) WorthAnother() bool {
	return slices.ContainsFunc(s.Failures, func(f Failure) bool {
		return !slices.ContainsFunc(ownFaults, func(c paceline.Code) bool { return c.String() == f.Code })
	})
}

// refusals are the codes with which a server refuses one request for its own
// sake. A run that nothing else happened to is stopped by them.
var refusals = []paceline.Code{
	paceline.CodeInvalidRequest, paceline.CodeContextTooLong, paceline.CodeTooLarge, paceline.CodeContentFilter,
}

// ByRefusal reports whether a run was stopped because every request was refused.
func ByRefusal(stoppedBy string) bool {
	return slices.ContainsFunc(refusals, func(c paceline.Code) bool { return c.String() == stoppedBy })
}
