package flow

import (
	"os"
	"strconv"
	"strings"
)

// load returns how many processes of the machine wanted a processor in the last
// minute, one at the end of a measurement; nothing where the system does not
// tell. What is real depends on it.
func load() Sample {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(text), " ")
	n, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return nil
	}
	return Sample{n}
}

// loadRow is the row of a real table that tells of the machine.
func (t *Table) loadRow(all Sample) {
	if len(all) > 0 {
		t.Rows = append(t.Rows, Row{"the machine", "load average, this process included", Plain, None(), all})
	}
}
