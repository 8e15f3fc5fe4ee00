package dash

import "github.com/seed-1814a72b/paceline/internal/failures"

// failuresTold is how many different failures are told.
const failuresTold = 20

// A failure is one kind of failure that has happened so often, as the feed has it.
type failure struct {
	Code     string `json:"code"`
	HTTP     int    `json:"http,omitempty"`
	Message  string `json:"message"`            // the last one's
	Endpoint string `json:"endpoint,omitempty"` // likewise
	Count    int64  `json:"count"`
	LastMs   int64  `json:"last_ms"` // Unix time
	Item     int64  `json:"item"`    // index of the last one's item, from 0; -1: none
}

// newFailures returns what is told of failures, the last seen first.
func newFailures(list []failures.Failure) []failure {
	told := make([]failure, len(list))
	for i, f := range list {
		told[i] = failure{f.Code.String(), f.Status, f.Words, f.Endpoint, f.Count, f.Last.UnixMilli(), f.Item}
	}
	return told
}
