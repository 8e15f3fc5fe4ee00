package web

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/seed-1814a72b/paceline/sim"
)

// TestPictures leaves pictures of the page in the middle of a run, where they are
// wanted: as it is on a desk, at night, and on a telephone.
func TestPictures(t *testing.T) {
	if os.Getenv("PACELINE_SHOTS") == "" {
		t.Skip("PACELINE_SHOTS names no folder")
	}
	cfg := sim.Config{
		Limits: sim.Limits{RPM: 2400, Burst: 40},
		TTFT:   sim.MustDurations("lognormal:350ms,0.5"), ITL: sim.MustDurations("9ms"), Tokens: sim.MustCounts("lognormal:50,0.5"),
		Hang: 0.003, Errors: sim.Rates{{Fault: "500", Share: 0.02}, {Fault: "reset", Share: 0.01}},
	}
	r := startRun(t, cfg, 6000, "--max-cost", "0.25", "--param", "max_tokens=100")
	b := openTab(t)
	b.do(chromedp.Navigate(r.url))
	b.until(`page.page.history.length > 50`)
	b.shoot("page", 1200, 1120, false)
	b.shoot("page-whole", 1200, 0, false)
	b.shoot("page-dark", 1200, 0, true)
	b.shoot("page-narrow", 400, 900, false)
	b.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 1e6)`))
	b.shoot("page-narrow-below", 400, 900, false)
	b.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0)`), chromedp.Click(css("#limits summary")))
	b.shoot("page-narrow-limits", 400, 900, true)
}
