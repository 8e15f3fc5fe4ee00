package web

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// report writes the run's report and returns its address.
func (r *run) report() string {
	r.t.Helper()
	cmd := exec.Command(binary, "report", "out.jsonl", "-o", "report.html")
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil || strings.ContainsAny(string(out), "\x1b\x07\u202e") {
		r.t.Fatalf("report: %v\n%s", err, out)
	}
	return "file://" + filepath.Join(r.dir, "report.html")
}

// reported returns the median of first tokens that the report has, in
// milliseconds. It is of the journal's times, which are whole microseconds, in
// buckets of their own: it may differ from the engine's by the width of a bucket.
func (r *run) reported(summary float64) float64 {
	r.t.Helper()
	cmd := exec.Command(binary, "report", "out.jsonl", "--format", "json", "-o", "-")
	cmd.Dir = r.dir
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatal(err)
	}
	var says struct {
		TTFT struct{ P50 float64 } `json:"ttft_ms"`
	}
	if err := json.Unmarshal(out, &says); err != nil {
		r.t.Fatal(err)
	}
	if p50 := says.TTFT.P50; math.Abs(p50/summary-1) > 0.02 {
		r.t.Errorf("the report's median is %g ms, the summary's %g", p50, summary)
	}
	return says.TTFT.P50
}

func TestTheReportShowsWhatTheSummarySays(t *testing.T) {
	r := startRun(t, ordinary(), 300)
	s := r.summary()
	if err := <-r.ended; err != nil {
		t.Fatal(err)
	}
	r.ended <- nil
	b := openTab(t)
	b.do(chromedp.Navigate(r.report()))
	b.until(`'drawn' in paceline`)
	for _, want := range []string{
		fmt.Sprintf("paceline.format.number(%d)", s.Items), fmt.Sprintf("paceline.format.number(%d)", s.Requests),
	} {
		if text, want := b.text("main"), eval[string](b, want); !strings.Contains(text, want) {
			t.Errorf("the report does not hold %q", want)
		}
	}
	if median := b.durations(r.reported(s.TTFT.P50)); !slices.ContainsFunc(median, func(d string) bool { return strings.Contains(b.text("main"), d) }) {
		t.Errorf("the report does not hold %q", median)
	}
	ink := b.painted()
	for name, n := range ink {
		if n < 100 {
			t.Errorf("the chart %s is blank: %d pixels", name, n)
		}
	}
	if len(ink) < 4 {
		t.Errorf("the report has only the charts %v", ink)
	}
	// Every label of an axis has room.
	marks := eval[string](b, `paceline.plot.axes({ kind: 'time', unit: 'per_min', x: [0, 1] }, document.body)[1].values(null, [0, 5000, 12500, 50000, 100000]).join(' ')`)
	if want := "0/min 5,000/min 12.5k/min 50k/min 100k/min"; marks != want {
		t.Errorf("the axis says %q, want %q", marks, want)
	}
	// Searching leaves the rows that say it.
	table := eval[string](b, `[...document.querySelectorAll('[data-table]')].find((e) => e.querySelector('input.search')).dataset.table`)
	host := "[data-table=" + table + "]"
	rows := fmt.Sprintf(`document.querySelectorAll(%q).length`, host+" tbody tr.opens")
	all := eval[int](b, rows)
	b.do(chromedp.SendKeys(css(host+" input.search"), "lamp number 7 "))
	if n := eval[int](b, rows); n >= all {
		t.Errorf("of %d rows of %s a search left %d", all, table, n)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); scrollTo(0, 0)`))
	b.shoot("report", 1200, 1120, false)
	b.shoot("report-narrow", 400, 900, true)
}

func TestFault68AHostileAnswerStaysTextInTheReport(t *testing.T) {
	r := startRunAt(t, http.HandlerFunc(villain), 20, "--no-stream", "--rps", "40")
	r.summary()
	<-r.ended // with 2: some items failed
	r.ended <- nil
	b := openTab(t)
	b.do(chromedp.Navigate(r.report()))
	b.until(`'drawn' in paceline`)
	b.do(chromedp.Evaluate[chromedp.Void](`for (const tr of document.querySelectorAll('tr.opens')) tr.click()`))
	if shown := b.text("main"); strings.Count(shown, `"><img src=x onerror="window.hit=1">`) < 2 {
		t.Errorf("the report does not show it as it is: %.2000q", shown)
	}
	if eval[bool](b, `'hit' in window`) {
		t.Error("it was carried out")
	}
	if n := eval[int](b, `document.querySelectorAll('main img, main script, main style, main [onload], main [onerror]').length`); n > 0 {
		t.Errorf("it has become %d elements", n)
	}
}
