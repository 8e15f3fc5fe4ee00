package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

var (
	scaleRows    = flag.Int("rows", 5_000, "rows of TestScale")
	scaleSeconds = flag.Float64("seconds", 0, "in which TestScale must write its report; 0: not measured")
)

// mostBytes is what fits into a mail.
const mostBytes = 5_000_000

// The report of a large run is not a large report, even if its answers are long.
// `make report-scale` runs it with a million rows.
func TestScale(t *testing.T) {
	long := bytes.Repeat([]byte("<b>\u4e2d\u6587 & more</b> "), 300)
	for _, answer := range []string{"", string(long)} {
		p := &past{items: *scaleRows, rate: 2000, answer: answer}
		if answer != "" {
			p.items = min(p.items, 5_000)
		}
		output := p.write(t, t.TempDir(), 0, p.items)
		info, err := os.Stat(filepath.Join(journal.Dir(output), "journal"))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		r := reread(t, output, p, Options{})
		text := page(t, r)
		took := time.Since(began)
		checkPage(t, text)
		form, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("%d rows, a journal of %d MB: a page of %d kB (%d kB of JSON) in %.2f s, %d MB of memory in all",
			p.items, info.Size()>>20, len(text)/1000, len(form)/1000, took.Seconds(), m.Sys>>20)
		if len(text) > mostBytes || len(form) > mostBytes {
			t.Errorf("the page has %d bytes, the JSON %d, more than %d", len(text), len(form), mostBytes)
		}
		if *scaleSeconds > 0 && took.Seconds() > *scaleSeconds {
			t.Errorf("it took %v", took)
		}
		if r.Items.ended() != int64(p.items) {
			t.Errorf("%d rows", r.Items.ended())
		}
	}
}

func BenchmarkRead(b *testing.B) {
	p := &past{items: 20_000, rate: 2000}
	output := p.write(b, b.TempDir(), 0, p.items)
	b.ReportAllocs()
	for b.Loop() {
		reread(b, output, p, Options{})
	}
	b.ReportMetric(float64(p.items)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
