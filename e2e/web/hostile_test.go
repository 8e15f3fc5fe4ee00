package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// hostile is a text that acts on whoever takes it for more than a text.
const hostile = `</style></script><script>window.hit=1</script>"><img src=x onerror="window.hit=1"><svg onload=window.hit=1>` +
	"\x1b[31m\x1b]0;title\x07 {{.text}} &lt;b&gt; \u2028 \u202e"

// villain answers in hostile texts: every second item with one, the others with an
// error of that message.
func villain(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer := map[string]any{"id": hostile, "model": hostile, "object": "chat.completion",
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": hostile}}},
		"usage":   map[string]any{"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}}
	w.Header().Set("Content-Type", "application/json")
	if strings.Contains(string(body), "number 1") {
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"error": map[string]any{"message": hostile, "type": hostile, "code": hostile}}
	}
	// The run is gone if it cannot be written.
	_ = json.NewEncoder(w).Encode(answer)
}

func TestFault68AHostileAnswerStaysTextInThePage(t *testing.T) {
	r := startRunAt(t, http.HandlerFunc(villain), 20, "--ui-stay", "--no-stream", "--rps", "40")
	b := openTab(t)
	b.do(chromedp.Navigate(r.url))
	b.until(`document.querySelector('#link').textContent === 'ended'`)
	b.until(`document.querySelectorAll('[data-table=samples] tbody tr').length > 1`)
	for _, table := range []string{"samples", "failures"} {
		b.do(chromedp.Evaluate[chromedp.Void](`for (const tr of document.querySelectorAll('[data-table=` + table + `] tr.opens')) tr.click()`))
		shown := b.text("[data-table=" + table + "]")
		if !strings.Contains(shown, `<script>window.hit=1</script>"><img src=x onerror="window.hit=1">`) {
			t.Errorf("%s does not show it as it is: %q", table, shown)
		}
	}
	staysText(t, b)
	if said := r.said(); strings.ContainsAny(said, "\x1b\x07\u202e") || !strings.Contains(said, "<img src=x") {
		t.Errorf("the terminal gets %q", said)
	}
}

// staysText fails the test if a hostile text has become anything but text.
func staysText(t *testing.T, b *tab) {
	t.Helper()
	if eval[bool](b, `'hit' in window`) {
		t.Error("it was carried out")
	}
	if n := eval[int](b, `document.querySelectorAll('main img, main svg, main script, main style, main b b').length`); n > 0 {
		t.Errorf("it has become %d elements", n)
	}
}

// A page of another origin cannot give orders, whatever it sends, nor read.
func TestOtherOriginsAreRefused(t *testing.T) {
	r := startRun(t, ordinary(), 20_000)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		// The browser is the test's own.
		_, _ = io.WriteString(w, `<form id="f" method="post" target="_blank" enctype="text/plain" action="`+r.url+`pause"><input name="{}" value=""></form>`)
	}))
	defer evil.Close()
	b := openTab(t)
	b.expectComplaints()
	b.do(chromedp.Navigate(evil.URL))
	attack := func(how string) string {
		const script = `(async () => { try { const a = await (%); return a.type + ' ' + a.status + ' ' + (await a.text()).length } catch (e) { return 'refused' } })()`
		ctx := b.ctx
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](strings.Replace(script, "%", how, 1), chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for how, want := range map[string]string{
		`fetch('` + r.url + `pause', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'})`: "refused",
		`fetch('` + r.url + `pause', {method: 'POST', mode: 'no-cors', body: '{}'})`:                               "refused",
		`fetch('` + r.url + `state')`:                    "refused",
		`fetch('` + r.url + `state', {mode: 'no-cors'})`: "refused",
	} {
		if got := attack(how); got != want {
			t.Errorf("%s: %q, want %q", how, got, want)
		}
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#f').submit()`), chromedp.Sleep(time.Second))
	if r.ctl().Paused {
		t.Error("the run was paused from elsewhere")
	}
}

// A name of somebody else's that points to this machine is not answered.
func TestAReboundNameIsRefused(t *testing.T) {
	r := startRun(t, ordinary(), 20_000)
	port := strings.TrimSuffix(r.base()[strings.LastIndex(r.base(), ":")+1:], "/")
	b := openTab(t, "evil.test")
	b.expectComplaints()
	b.do(chromedp.Navigate("http://evil.test:" + port + "/"))
	if got := b.text("body"); !strings.Contains(got, `this page is not called "evil.test:`+port+`"`) {
		t.Errorf("the page answers %q", got)
	}
	b.do(chromedp.Navigate("http://localhost:" + port + "/"))
	b.until(`document.querySelector('#link').textContent === 'live'`)
}

func TestAPageWithATokenOpensByItsAddressOnly(t *testing.T) {
	r := startRun(t, ordinary(), 20_000, "--ui-token", "a-token-of-my-own-0123")
	b := openTab(t)
	b.expectComplaints() // of the answer 401
	b.do(chromedp.Navigate(r.base()))
	if got := b.text("body"); !strings.Contains(got, "needs its token") {
		t.Errorf("without the token the page answers %q", got)
	}
	b.do(chromedp.Navigate(r.url))
	b.until(`document.querySelector('#link') !== null && document.querySelector('#link').textContent === 'live'`)
	if at := eval[string](b, `location.href`); at != r.base() {
		t.Errorf("the page is at %s", at)
	}
	if kept := eval[string](b, `document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)`); kept != "{}{}" {
		t.Errorf("a script could read %s", kept)
	}
	b.do(chromedp.Click(css("#pause")))
	b.until(`document.querySelector('#pause').textContent === 'Resume'`)
	b.do(chromedp.Reload())
	b.until(`document.querySelector('#pause').textContent === 'Resume'`)
	rows, err := os.ReadFile(filepath.Join(r.dir, "out.jsonl"))
	if err == nil && strings.Contains(string(rows)+eval[string](b, `document.documentElement.outerHTML`), "a-token-of-my-own") {
		t.Error("the token stands in the rows or the page")
	}
}
