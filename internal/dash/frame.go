package dash

import (
	"encoding/json"
	"strconv"
	"strings"
)

// frame returns a message as a server-sent event. Its id says up to which point
// of which process its reader then has the history. JSON has no line ends, so
// that one line of data holds it.
func (c *course) frame(kind string, m *message) []byte {
	data, err := json.Marshal(m)
	if err != nil {
		panic(err) // a status or summary that is no JSON: the run makes them with the same package
	}
	b := make([]byte, 0, len(data)+80)
	b = append(b, "event: "+kind+"\nid: "+c.id+"."...)
	b = strconv.AppendInt(b, c.history.last, 10)
	b = append(b, "\ndata: "...)
	b = append(b, data...)
	return append(b, "\n\n"...)
}

// readEventID reads the id of a frame; of anything else it makes one that
// nothing continues.
func readEventID(id string) (run string, after int64) {
	run, number, _ := strings.Cut(id, ".")
	after, err := strconv.ParseInt(number, 10, 64)
	if err != nil || after < 0 {
		return "", 0
	}
	return run, after
}
