package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// named returns a peer that is never started.
func named(name string) *peer {
	return &peer{name: name, language: "L", version: func() string { return "1" }}
}

func costs(micros ...float64) (list []figure) {
	for _, m := range micros {
		list = append(list, figure{cpu: time.Duration(m * 1000), perSecond: 2000, server: 0.5})
	}
	return list
}

func TestTable(t *testing.T) {
	r := jsonRow(64)
	r.goals = []goal{{"double", 2, "9"}, {"less", 1, ""}}
	absent, failed := named("absent"), &line{peer: named("failed"), failed: errors.New("a|b\nc")}
	absent.absent = errors.New("no such thing")
	tb := &table{row: r, lines: []*line{
		{peer: named(ownName), figures: costs(10, 20, 15)},
		// The machine was twice as slow in the second round: the ratio is the same.
		{peer: named("double"), figures: costs(20, 40, 30)},
		{peer: named("less"), figures: costs(5, 5, 5)},
		{peer: named("once"), figures: costs(150)},
		{peer: absent}, failed,
	}}
	text := tb.markdown()
	for _, want := range []string{
		"### A JSON call, 64 at once\n", "make bench-peers ROWS=json-64\n",
		"| paceline run (L) | 1 | 15 | 10 – 20 | 2,000 | 1 |  | 50 % | 3 |\n",
		"| double (L) | 1 | 30 | 20 – 40 | 2,000 | 2 | ≥ 2: pass, then ≥ 9 | 50 % | 3 |\n",
		"| less (L) | 1 | 5 | 5 – 5 | 2,000 | 0.333 | ≥ 1: **short** | 50 % | 3 |\n",
		"| once (L) | 1 | 150 | 150 – 150 | 2,000 | 10 |  | 50 % | 1 |\n",
		"| absent (L) | 1 | not installed: no such thing |", "| failed (L) | 1 | failed: a/b c |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

func TestMedian(t *testing.T) {
	if median([]float64{3, 1, 2}) != 2 || median([]float64{4, 1, 2, 3}) != 2.5 || decimals(median(nil)) != "NaN" {
		t.Error("the median is wrong")
	}
}

func TestChoose(t *testing.T) {
	rows := choose(rowsOf(false), regexp.MustCompile("json"), rowName)
	if len(rows) != 2 || rows[0].name != "json-64" || rows[1].name != "json-1000" {
		t.Errorf("got %d rows", len(rows))
	}
	if peers := choose(allPeers(), regexp.MustCompile("net/http$|paceline"), peerName); len(peers) != 3 {
		t.Errorf("got %d peers", len(peers))
	}
}

// A goal that names no peer would never be seen to fall short.
func TestGoalsNamePeers(t *testing.T) {
	for _, r := range rowsOf(false) {
		for _, name := range append([]string{ownName}, r.without...) {
			if !strings.Contains(", "+peerNames()+",", ", "+name+",") {
				t.Errorf("%s names %q, which is no peer", r.name, name)
			}
		}
		for _, g := range r.goals {
			if len(choose(allPeers(), regexp.MustCompile("^"+g.peer+"$"), peerName)) != 1 {
				t.Errorf("%s: a goal names %q, which is no peer", r.name, g.peer)
			}
		}
	}
}

func TestVersionsAreFound(t *testing.T) {
	t.Chdir("../..")
	for _, p := range allPeers() {
		if v := p.version(); p.language != "Node" && p.language != "Python" && strings.Contains(v, "?") {
			t.Errorf("%s has the version %q", p.name, v)
		}
	}
	for _, pin := range []string{goModule("github.com/openai/openai-go/v3")(), pythonPackage("litellm")(), nodeVersion()} {
		if strings.HasPrefix(pin, "?") {
			t.Errorf("a pin was not found: %q", pin)
		}
	}
}

func TestCheckRows(t *testing.T) {
	r := bulkRow()
	r.items, r.want = 2, 3
	one, two := `{"id":0,"llm":{"response":"abc"}}`+"\n", `{"id":1,"llm":{"response":"abc"}}`+"\n"
	for rows, says := range map[string]string{
		two + one:       "",
		one:             "1 rows for 2 items",
		one + one:       "row 2 is of the item 0, which is none or has two",
		one + two + two: "row 3 is of the item 1",
		one + `{"id":1,"llm":{"response":"ab"}}` + "\n": "row 2 has an answer of 2 bytes, not 3",
	} {
		path := filepath.Join(t.TempDir(), "rows")
		if err := os.WriteFile(path, []byte(rows), 0o644); err != nil {
			t.Fatal(err)
		}
		err := checkRows(path, r)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%q: %v", rows, err)
		}
	}
}

// A row may have a bound for our own cost.
func TestTableOfABound(t *testing.T) {
	r := heldHTTP2Row()
	for megabytes, want := range map[float64]string{1100: "≤ 1,200: pass", 1300: "≤ 1,200: **short**"} {
		own := &line{peer: named(ownName), figures: []figure{{memory: megabytes * 1e6, reached: 50_000}}}
		other := &line{peer: named("other"), figures: []figure{{memory: 5e9, reached: 50_000}}}
		text := (&table{row: r, lines: []*line{own, other}}).markdown()
		if strings.Count(text, want) != 1 || strings.Count(text, "≤") != 1 {
			t.Errorf("lacks %q once:\n%s", want, text)
		}
	}
}
