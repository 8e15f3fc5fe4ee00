package dash

import (
	"strconv"
	"strings"
)

// frame returns a message as a server-sent event. Its id says up to which point
// of which process its reader then has the history. No value has a line end, so
// that one line of data holds it.
func (c *course) frame(kind string, m *message) []byte {
	b := make([]byte, 0, 2<<10) // most are less
	b = append(b, "event: "+kind+"\nid: "+c.id+"."...)
	b = strconv.AppendInt(b, c.history.last, 10)
	b = append(b, "\ndata: "...)
	b = m.append(b)
	return append(b, "\n\n"...)
}

// append appends m as encoding/json would encode it, without a second look at what
// is JSON already.
func (m *message) append(dst []byte) []byte {
	l := list{dst: append(dst, '{')}
	if m.Run != "" {
		l.encoded("run", m.Run)
	}
	if m.Reset {
		l.encoded("reset", true)
	}
	if len(m.Status) > 0 {
		l.name("status")
		l.dst = m.Status.append(l.dst)
	}
	if len(m.Stats) > 0 {
		l.name("stats")
		l.dst = m.Stats.append(l.dst)
	}
	if len(m.Points) > 0 {
		l.value("points", m.Points)
	}
	if len(m.Failures) > 0 {
		l.encoded("failures", m.Failures)
	}
	if len(m.Samples) > 0 {
		l.encoded("samples", m.Samples)
	}
	if m.Ended {
		l.encoded("ended", true)
	}
	if len(m.Summary) > 0 {
		l.encoded("summary", m.Summary)
	}
	return append(l.dst, '}')
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
