package web

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
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
		fmt.Sprintf("paceline.format.duration(%g / 1000)", s.TTFT.P50),
	} {
		if text, want := b.text("main"), eval[string](b, want); !strings.Contains(text, want) {
			t.Errorf("the report does not hold %q", want)
		}
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
