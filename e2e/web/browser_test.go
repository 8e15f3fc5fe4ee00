package web

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// css is a selector.
type css = chromedp.CSS

// A tab is a page in a browser of its own. What its console complains of fails
// the test: errors of scripts, and what the page's policy forbids.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	expected   bool
}

// openTab starts a browser. hosts are names that it takes for 127.0.0.1.
func openTab(t *testing.T, hosts ...string) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900))
	for _, host := range hosts {
		options = append(options, chromedp.Flag("host-resolver-rules", "MAP "+host+" 127.0.0.1"))
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	b := &tab{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	var listening sync.WaitGroup
	listening.Go(func() { b.listen(messages) })
	t.Cleanup(func() {
		cancel()
		stop()
		listening.Wait()
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.complaints) > 0 && !b.expected {
			t.Errorf("the console complains %d times: %q", len(b.complaints), b.complaints[:min(len(b.complaints), 5)])
		}
	})
	return b
}

// listen notes what the console complains of: what the log says of the page's
// policy is an error there.
func (b *tab) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return
		}
		if m.Type == chromedp.ConsoleException || m.Type == "error" || m.Type == "warning" {
			b.mu.Lock()
			b.complaints = append(b.complaints, string(m.Type)+": "+m.Text)
			b.mu.Unlock()
		}
	}
}

// expectComplaints lets the console complain: of what the test is about.
func (b *tab) expectComplaints() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = true
}

// do runs actions, each within the tests' patience.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("in the browser: %v (console: %q)", err, b.complaints)
	}
}

// eval returns the value of an expression in the page.
func eval[V any](b *tab, expression string) (v V) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[V](expression))
	if err != nil {
		b.t.Fatalf("%s: %v (console: %q)", expression, err, b.complaints)
	}
	return v
}

// text returns the text of the first element that a selector finds, "" for none.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`(document.querySelector(%q) || {textContent: ''}).textContent`, selector))
}

// until waits until an expression in the page is true.
func (b *tab) until(expression string) {
	b.t.Helper()
	eventually(b.t, expression, func() bool { return eval[bool](b, expression) })
}

// painted returns for each chart how many of its pixels have ink.
func (b *tab) painted() map[string]int {
	b.t.Helper()
	return eval[map[string]int](b, `Object.fromEntries([...document.querySelectorAll('[data-chart]')].map((host) => {
		const canvas = host.querySelector('canvas');
		if (!canvas || !canvas.width) return [host.dataset.chart, 0];
		const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
		let ink = 0;
		for (let i = 0; i < data.length; i += 4) {
			const most = Math.max(data[i], data[i + 1], data[i + 2]), least = Math.min(data[i], data[i + 1], data[i + 2]);
			if (data[i + 3] > 40 && most - least > 40) ink++; // colour: neither axes nor grid
		}
		return [host.dataset.chart, ink];
	}))`)
}

// shoot leaves a picture of the page, if pictures are wanted: of so much of it, or
// with a height of 0 of all.
func (b *tab) shoot(name string, width, height int64, dark bool) {
	b.t.Helper()
	dir := os.Getenv("PACELINE_SHOTS")
	if dir == "" {
		return
	}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	if err != nil {
		b.t.Fatal(err)
	}
	take := chromedp.CaptureScreenshot()
	if height == 0 {
		take, height = chromedp.FullScreenshot(100), 900
	}
	b.do(chromedp.EmulateViewport(width, height), chromedp.Sleep(1500*time.Millisecond))
	picture, err := chromedp.Run(b.ctx, take)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
