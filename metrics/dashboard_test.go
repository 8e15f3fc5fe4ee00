package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// panel is what is looked at of a Grafana panel.
type panel struct {
	Title, Type, Description string
	GridPos                  struct{ X, Y, W, H int }
	Targets                  []struct{ Expr string }
}

// dashboard reads contrib/grafana/paceline.json.
func dashboard(t *testing.T) (panels []panel) {
	t.Helper()
	text, err := os.ReadFile("../contrib/grafana/paceline.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Panels []panel }
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d.Panels
}

// pageQueries returns the queries of docs/metrics.md.
func pageQueries(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, questions, ok := strings.Cut(string(text), "\n## Questions\n")
	if !ok {
		t.Fatalf("%s has no questions any more", page)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| [A-Z][^|]*\\| `([^`]+)`").FindAllStringSubmatch(questions, -1) {
		all = append(all, row[1])
	}
	return all
}

// processNames are the names of the metrics that every Go program has.
func processNames(t *testing.T) map[string]bool {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gathered, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, name := range []string{"cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds"} {
		names["process_"+name] = true // not on every system
	}
	for _, f := range gathered {
		names[f.GetName()] = true
	}
	return names
}

var (
	metricName = regexp.MustCompile(`\b(?:paceline|process|go)_[a-z0-9_]+`)
	usedLabels = regexp.MustCompile(`by \(([^)]*)\)|([a-z]+)(?:=~|!=|=")`)
)

func TestQueriesAskForWhatIsTold(t *testing.T) {
	process, asked := processNames(t), map[string]bool{}
	for _, p := range dashboard(t) {
		if p.Type != "row" && (len(p.Targets) == 0 || p.Description == "") {
			t.Errorf("panel %q shows nothing, or does not say what", p.Title)
		}
		for _, target := range p.Targets {
			checkQuery(t, "panel "+p.Title, target.Expr, process, asked)
		}
	}
	if len(asked) < 25 {
		t.Errorf("the dashboard shows %d metrics only", len(asked))
	}
	queries := pageQueries(t)
	if len(queries) < 7 {
		t.Errorf("%s has %d queries only", page, len(queries))
	}
	for _, q := range queries {
		checkQuery(t, page, q, process, asked)
	}
}

// checkQuery checks that a query asks for metrics that are told, by labels that
// they have, and notes which.
func checkQuery(t *testing.T, where, query string, process, asked map[string]bool) {
	t.Helper()
	labels := []string{"job", "instance", "le"}
	for _, name := range metricName.FindAllString(query, -1) {
		f := familyOf(name)
		if f == nil && !process[name] {
			t.Errorf("%s asks for %s, which nobody tells", where, name)
		}
		if f != nil {
			labels = append(labels, f.labels...)
			asked[f.name] = true
		}
	}
	for _, m := range usedLabels.FindAllStringSubmatch(query, -1) {
		for _, l := range strings.Split(m[1]+m[2], ",") {
			if l = strings.TrimSpace(l); !slices.Contains(labels, l) {
				t.Errorf("%s: what it asks for has no label %q: %s", where, l, query)
			}
		}
	}
}

// familyOf returns the family that a series in a query belongs to, nil for none.
func familyOf(name string) *family {
	for i := range families {
		f := &families[i]
		if f.name == name || f.distribution != nil && slices.Contains([]string{"_bucket", "_sum", "_count"}, strings.TrimPrefix(name, f.name)) {
			return f
		}
	}
	return nil
}

func TestPanelsDoNotOverlap(t *testing.T) {
	taken := map[[2]int]string{}
	for _, p := range dashboard(t) {
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if by := taken[[2]int{x, y}]; by != "" || x >= 24 {
					t.Fatalf("%q lies over %q, or beyond the edge", p.Title, by)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}
