package metrics

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

var update = flag.Bool("update", false, "write the table of docs/metrics.md anew")

const (
	page       = "../docs/metrics.md"
	tableBegin = "<!-- the table is written by: go test ./metrics -update -->\n"
	tableEnd   = "<!-- end -->\n"
)

// table lists the families as docs/metrics.md has them.
func table() string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, f := range families {
		labels := ""
		if len(f.labels) > 0 {
			labels = "`" + strings.Join(f.labels, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, kindName(&f), labels, f.help)
	}
	return b.String()
}

func kindName(f *family) string {
	switch {
	case f.distribution != nil:
		return "histogram"
	case f.kind == prometheus.CounterValue:
		return "counter"
	}
	return "gauge"
}

func TestThePageListsEveryMetric(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	listed, after, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended {
		t.Fatalf("%s has lost the marks of its table", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+tableBegin+table()+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if listed != table() {
		t.Errorf("%s does not list the metrics as they are; write it anew with: go test ./metrics -update\n%s", page, table())
	}
}
