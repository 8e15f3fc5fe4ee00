package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline/internal/chart"
)

// hostile is what an answer, an item or a server may say.
const hostile = "</script><script>alert(1)</script></style><img src=x onerror=alert(2)><!-- \x1b[31m \u2028\u2029 |`* [x](javascript:alert(3))"

func TestAHostileAnswerStaysText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 300, rate: 40, answer: hostile}
		r, _ := written(t, p, Options{})
		r.Output, r.Run.Prompt, r.Run.Model, r.Run.Inputs = hostile, hostile, hostile, []string{hostile}
		r.Missing = append(r.Missing, hostile)
		r.Failures = append(r.Failures, Failure{Code: "server_error", Count: 1, Example: hostile})
		r.Endpoints = append(r.Endpoints, Endpoint{Name: hostile, Model: hostile})
		text := page(t, r)
		for _, raw := range []string{"<script>alert", "<img", "</style><img", "\x1b"} {
			if strings.Contains(text, raw) {
				t.Errorf("the page holds %q", raw)
			}
		}
		checkPage(t, text)
		if got := dataOf(t, text).Tables["sample"].Rows[0].More; !strings.Contains(blocks(got), "</script><script>alert(1)") {
			t.Errorf("the answer did not come through as text: %.300s", blocks(got))
		}
		if md := outsideCode(r.Markdown()); strings.Contains(md, "<script>") || strings.Contains(strings.ReplaceAll(md, `\]`, ""), "](javascript") {
			t.Error("the Markdown holds markup of an answer")
		}
	})
}

func blocks(list []chart.Block) (text string) {
	for _, b := range list {
		text += b.Text
	}
	return text
}

var (
	dataBlock   = regexp.MustCompile(`(?s)<script type="application/json" id="paceline-data">(.*?)</script>`)
	styleBlock  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	scriptBlock = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	policyMeta  = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)
	forbidden   = regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+|src|href|action|srcset)\s*=`)
)

func dataOf(t *testing.T, text string) (d chart.Data) {
	t.Helper()
	found := dataBlock.FindStringSubmatch(text)
	if found == nil {
		t.Fatal("the page holds no data")
	}
	d.Charts = nil // their values may be null, which Values cannot read
	var tables struct{ Tables map[string]*chart.Table }
	if err := json.Unmarshal([]byte(found[1]), &tables); err != nil {
		t.Fatal(err)
	}
	d.Tables = tables.Tables
	return d
}

// checkPage holds a page to what it promises: its elements are balanced, its policy
// lets in exactly what it consists of, and it refers to nothing.
func checkPage(t *testing.T, text string) {
	t.Helper()
	styles, scripts := styleBlock.FindAllStringSubmatch(text, -1), scriptBlock.FindAllStringSubmatch(text, -1)
	if len(styles) != 1 || len(scripts) != 1 || strings.Count(text, "<script") != 2+strings.Count(scripts[0][1], "<script") {
		t.Fatalf("%d styles, %d scripts, %d script tags", len(styles), len(scripts), strings.Count(text, "<script"))
	}
	policy := policyMeta.FindStringSubmatch(text)
	want := chart.Policy([]string{styles[0][1]}, []string{scripts[0][1]})
	if policy == nil || strings.ReplaceAll(policy[1], "&#39;", "'") != want {
		t.Errorf("the policy is not that of what the page holds: %q", policy)
	}
	_, body, _ := strings.Cut(text, "<body>")
	body, _, _ = strings.Cut(body, "<script type=")
	if bad := forbidden.FindString(body); bad != "" {
		t.Errorf("the page holds %q", bad)
	}
	d := xml.NewDecoder(strings.NewReader(body))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the elements are not balanced: %v", err)
		}
	}
}

func TestThePageIsWholeAndStrict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 1500, rate: 40}
		dir := t.TempDir()
		p.write(t, dir, 0, 500)
		time.Sleep(time.Hour)
		r := reread(t, p.write(t, dir, 500, 1500), p, Options{})
		text := page(t, r)
		checkPage(t, text)
		for _, shown := range []string{
			"items answered in", `data-chart="requests"`, `data-chart="limited"`, `data-chart="tokens"`, `data-chart="inflight"`,
			`data-chart="waste"`, `data-chart="cost"`, `data-chart="spread"`, `data-chart="first"`, `data-chart="total"`,
			`data-table="failed"`, `data-table="slowest"`, `data-table="dearest"`, `data-table="sample"`, "Where the requests went",
		} {
			if !strings.Contains(text, shown) {
				t.Errorf("the page is without %s", shown)
			}
		}
	})
}

func TestMarkdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 1000, rate: 40}
		r, _ := written(t, p, Options{})
		r.Output = "labels.jsonl"
		golden(t, "report.md", r.Markdown())
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s differs; look at it, then run with -update:\n%s", path, got)
	}
}

// outsideCode returns Markdown without its spans of code.
func outsideCode(md string) (rest string) {
	for {
		before, code, found := strings.Cut(md, "`")
		if rest += before; !found {
			return rest
		}
		if strings.HasSuffix(before, "\\") {
			md = code
			continue
		}
		fence := "`" + code[:len(code)-len(strings.TrimLeft(code, "`"))]
		if _, md, found = strings.Cut(code[len(fence)-1:], fence); !found {
			return rest + code
		}
	}
}

// What an item says is code in Markdown: it ends no cell and no code, links
// nowhere and calls nobody.
func TestCodeInMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"see https://a.example @you":    "`see https://a.example @you`",
		"a|b\\|c":                       "`a\\|b\\\\|c`",
		"two\nlines":                    "`two lines`",
		"`rm`":                          "`` `rm` ``",
		"a `` b ` c":                    "```a `` b ` c```",
		"![x](https://a.example/p.png)": "`![x](https://a.example/p.png)`",
	} {
		if got := code(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
