package serve

import (
	"encoding/json"
	"net/http"
)

// Counters is what a server has done so far.
type Counters struct {
	Calls     int64 `json:"calls"`     // answers whose last byte was given to the system
	Chunks    int64 `json:"chunks"`    // events of streams, likewise, without "[DONE]"
	Open      int64 `json:"open"`      // streams that have begun and not ended
	Conns     int64 `json:"conns"`     // connections that are open
	Accepted  int64 `json:"accepted"`  // connections ever accepted
	Refused   int64 `json:"refused"`   // requests that were not understood
	SkippedMS int64 `json:"skippedMs"` // time by which streams were late because the server was
}

// Ask returns the counters of the server at an address, which listens for HTTP/1.
func Ask(address string) (c Counters, err error) {
	resp, err := http.Get("http://" + address + "/counters")
	if err != nil {
		return c, err
	}
	defer resp.Body.Close()
	return c, json.NewDecoder(resp.Body).Decode(&c)
}
