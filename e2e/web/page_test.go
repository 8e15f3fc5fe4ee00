package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/seed-1814a72b/paceline/sim"
)

// ordinary is a server with a limit, and some faults.
func ordinary() sim.Config {
	return sim.Config{
		Limits: sim.Limits{RPM: 1200, Burst: 20},
		TTFT:   sim.MustDurations("lognormal:200ms,0.5"), ITL: sim.MustDurations("5ms"), Tokens: sim.MustCounts("lognormal:40,0.5"),
		Errors: sim.Rates{{Fault: "500", Share: 0.05}},
	}
}

// durations returns how a figure of the summary's may be shown, which has
// milliseconds to one decimal.
func (b *tab) durations(ms float64) []string {
	return eval[[]string](b, fmt.Sprintf("[-0.05, 0, 0.05].map((d) => paceline.format.duration((%g + d) / 1000))", ms))
}

func TestThePageShowsARunAndEndsWithIt(t *testing.T) {
	r := startRun(t, ordinary(), 300, "--ui-stay")
	b := openTab(t)
	b.do(chromedp.Navigate(r.url))
	b.until(`document.querySelector('#headline').textContent.includes(' of 300 items')`)
	b.until(`document.querySelectorAll('[data-chart] canvas').length === 8`)
	b.until(`document.querySelector('#link').textContent === 'ended'`)
	s := r.summary()
	for place, want := range map[string]string{
		"#headline":        fmt.Sprintf("%d items done in ", s.Items),
		"#cell-requests b": fmt.Sprint(s.Requests),
		"#cell-again b":    fmt.Sprintf("%d retries", s.Retries),
		"#cell-trouble b":  fmt.Sprint(s.Items - s.Done),
	} {
		if got := b.text(place); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q, the summary says %q", place, got, want)
		}
	}
	for place, want := range map[string]string{
		"#cell-tokens b": fmt.Sprintf("paceline.format.number(%d) + ' in, ' + paceline.format.number(%d) + ' out'", s.PromptTokens, s.CompletionTokens),
		"#cell-cost b":   fmt.Sprintf("paceline.format.usd(%g)", *s.CostUSD),
	} {
		if got, want := b.text(place), eval[string](b, want); got != want {
			t.Errorf("%s is %q, the summary says %q", place, got, want)
		}
	}
	for place, ms := range map[string]float64{"#cell-ttft b": s.TTFT.P50, "#cell-total b": s.Total.P50} {
		if got, want := b.text(place), b.durations(ms); !slices.Contains(want, got) {
			t.Errorf("%s is %q, the summary says %q", place, got, want)
		}
	}
	// The course adds up to the figures.
	for sum, want := range map[string]int64{"requests": s.Requests, "ended": s.Items, "completion_tokens": s.CompletionTokens} {
		if got := eval[int64](b, fmt.Sprintf("page.page.history.sum(%q)", sum)); got != want {
			t.Errorf("the points' %s are %d, the summary says %d", sum, got, want)
		}
	}
	for name, ink := range b.painted() {
		if ink < 100 {
			t.Errorf("the chart %s is blank: %d pixels", name, ink)
		}
	}
	// A page that is opened later shows the same, and its filters work.
	b.do(chromedp.Reload())
	b.until(`document.querySelector('#link').textContent === 'ended'`)
	filters(t, b)
}

// filters tries the search in the items, and the choice of the time.
func filters(t *testing.T, b *tab) {
	t.Helper()
	rows := `document.querySelectorAll('[data-table=samples] tbody tr').length`
	if n := eval[int](b, rows); n != 10 {
		t.Errorf("%d rows, want the first 10", n)
	}
	id := eval[string](b, `page.page.state.samples[12].id`)
	b.do(chromedp.SendKeys(css(`[data-table=samples] input.search`), id+`"`))
	if n := eval[int](b, rows); n != 1 {
		t.Errorf("%d rows say %s", n, id)
	}
	b.do(chromedp.Click(css(`[data-table=samples] tbody tr`)))
	if text := b.text("[data-table=samples] .detail pre"); !strings.Contains(text, id) {
		t.Errorf("the row opens to %q", text)
	}
	all := eval[int](b, `page.page.drawn.charts.requests.spec.x.length`)
	b.do(chromedp.Click(css(`[data-range="300"]`)))
	if n := eval[int](b, `page.page.drawn.charts.requests.spec.x.length`); n > all || n < 2 {
		t.Errorf("%d points of the last 5 minutes, %d of all", n, all)
	}
}

func TestThePageEndsARunWithoutStaying(t *testing.T) {
	r := startRun(t, ordinary(), 60)
	b := openTab(t)
	b.do(chromedp.Navigate(r.url))
	b.until(`document.querySelector('#link').textContent === 'ended'`)
	if err := <-r.ended; err != nil {
		t.Fatalf("%v\n%s", err, r.said())
	}
	r.ended <- nil
	// The server is gone; the page is still readable and asks for nothing.
	if got := b.text("#headline"); !strings.HasPrefix(got, "60 items done in ") {
		t.Errorf("the headline is %q", got)
	}
	failed := eval[string](b, `page.headline({ ended: true, status: {}, summary: { items: 60, done: 58, elapsed_s: 5, stopped_by: null } })`)
	if failed != "58 of 60 items answered in 5 s" {
		t.Errorf("of a run with failed items the headline is %q", failed)
	}
	time.Sleep(3 * time.Second) // longer than a feed takes to be tried again
	if got := b.text("#link"); got != "ended" {
		t.Errorf("the link is %q", got)
	}
}

func TestThePagePausesAndSetsLimits(t *testing.T) {
	cfg := ordinary()
	cfg.Limits = sim.Limits{}
	r := startRun(t, cfg, 20_000, "--rpm", "600", "--concurrency", "30")
	b := openTab(t)
	b.do(chromedp.Navigate(r.url))
	b.until(`page.page.history.length >= 2`)
	b.do(chromedp.Click(css("#pause")))
	b.until(`document.querySelector('#pause').textContent === 'Resume' && document.querySelector('#now').textContent.startsWith('Paused by you')`)
	if !r.ctl().Paused {
		t.Error("ctl does not know of the pause")
	}
	b.until(`page.page.state.status.in_flight === 0`)
	before := r.server.Ledger().Requests
	time.Sleep(3 * time.Second)
	if after := r.server.Ledger().Requests; after != before {
		t.Errorf("%d requests came in the pause", after-before)
	}
	b.do(chromedp.Click(css("#limits summary")), chromedp.SetValue(css(`#limits-form [name=rpm]`), "1.2k"),
		chromedp.SetValue(css(`#limits-form [name=concurrency]`), "7"), chromedp.Click(css(`#limits-form [type=submit]`)))
	b.until(`document.querySelector('#word').textContent === 'Set: rpm=1.2k concurrency=7'`)
	if s := r.ctl(); s.InForce.RequestsPerMin == nil || *s.InForce.RequestsPerMin != 1200 || s.InForce.Concurrency != 7 {
		t.Errorf("ctl knows of %+v", s.InForce)
	}
	b.do(chromedp.SetValue(css(`#limits-form [name=rpm]`), "lots"), chromedp.Click(css(`#limits-form [type=submit]`)))
	b.until(`document.querySelector('#word').textContent.includes('"lots" is not a number above 0')`)
	b.expectComplaints() // of the answer 422
	// What ctl does, the page knows.
	r.ctl("resume")
	b.until(`document.querySelector('#pause').textContent === 'Pause'`)
	eventually(t, "requests come again", func() bool { return r.server.Ledger().Requests > before })
}
