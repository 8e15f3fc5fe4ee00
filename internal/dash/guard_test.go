package dash

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// loopback is the guard of a page on this machine, given as 127.0.0.1.
var loopback = Guard{Hosts: []string{"127.0.0.1"}, Cookie: "page"}

// Each refusal, of requests that differ from a good one in one thing.
func TestTheGuardRefuses(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	for _, c := range []struct {
		name, method, path string
		change             func(*http.Request)
		want               int
	}{
		{"as the page does", "POST", "/pause", nil, 200},
		{"a script without a browser", "POST", "/pause", func(r *http.Request) { r.Header.Del("Origin"); r.Header.Del("Sec-Fetch-Site") }, 200},
		{"another origin", "POST", "/pause", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "http://evil.example") }, 403},
		{"another port", "POST", "/pause", func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "http://127.0.0.1:8888")
		}, 403},
		{"no origin that it would tell", "POST", "/pause", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") }, 403},
		{"a browser that says cross-site", "POST", "/pause", header("Sec-Fetch-Site", "cross-site"), 403},
		{"a browser that says same-site", "POST", "/pause", header("Sec-Fetch-Site", "same-site"), 403},
		{"a form", "POST", "/pause", header("Content-Type", "application/x-www-form-urlencoded"), 415},
		{"text, as forms can send it", "POST", "/pause", header("Content-Type", "text/plain"), 415},
		{"no type", "POST", "/pause", func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
		{"no CSRF header", "POST", "/limits", func(r *http.Request) { r.Header.Del(csrfHeader) }, 403},
		{"a wrong CSRF header", "POST", "/limits", header(csrfHeader, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 403},
		{"an order by GET", "GET", "/pause", nil, 405},
		{"an order by PUT", "PUT", "/resume", nil, 405},
		{"a rebound name", "POST", "/pause", host("evil.example:7777"), 421},
		{"a rebound name reads", "GET", "/state", host("evil.example"), 421},
		{"a rebound name reads the page", "GET", "/", host("127.0.0.1.evil.example:7777"), 421},
		{"no name", "GET", "/", host("."), 421},
		{"localhost", "GET", "/", host("localhost:7777"), 200},
		{"localhost through a tunnel", "GET", "/state", host("LOCALHOST:9000"), 200},
		{"loopback of IPv6", "GET", "/", host("[::1]:7777"), 200},
		{"another loopback address", "GET", "/", host("127.0.0.2"), 200},
		{"an image of another site", "GET", "/state", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Mode", "no-cors")
		}, 403},
		{"a link of another site", "GET", "/", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Mode", "navigate")
		}, 200},
		{"nothing there", "GET", "/etc/passwd", nil, 404},
		{"a way out", "GET", "/../page.go", nil, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, loopback)
				defer b.close()
				req := b.request(c.method, c.path, "{}")
				if c.change != nil {
					c.change(req)
				}
				resp, body := b.ask(req)
				if resp.StatusCode != c.want {
					t.Errorf("%s, want %d: %s", resp.Status, c.want, body)
				}
				if n := len(b.run.orders); (n > 0) != (c.method == "POST" && c.want == 200) {
					t.Errorf("%d orders were carried out", n)
				}
				if got := resp.Header.Get("Content-Security-Policy"); got != policy {
					t.Errorf("the policy is %q", got)
				}
				if resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Cache-Control") != "no-store" ||
					resp.Header.Get("Referrer-Policy") != "no-referrer" || resp.Header.Get("X-Frame-Options") != "DENY" ||
					resp.Header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("the headers are %v", resp.Header)
				}
			})
		})
	}
}

func TestATokenIsAskedForAndKeptAsACookie(t *testing.T) {
	token, err := ReadToken("a-token-of-my-own-0123")
	if err != nil {
		t.Fatal(err)
	}
	guarded := Guard{Token: token, Cookie: "paceline-page-7777"}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, guarded)
		defer b.close()
		for _, path := range []string{"/", "/state", "/events", "/page.js", "/?token=", "/?token=another-token-0123", "/state?token=" + token.text} {
			req := b.request(http.MethodGet, path, "")
			req.Host = "any.name.at.all"
			if resp, body := b.ask(req); resp.StatusCode != http.StatusUnauthorized || strings.Contains(body, token.text) {
				t.Errorf("%s: %s, %s", path, resp.Status, body)
			}
		}
		resp, body := b.ask(b.request(http.MethodGet, "/"+token.Query(), ""))
		cookie := resp.Cookies()[0]
		if resp.StatusCode != 200 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || strings.Contains(cookie.Value+body, token.text) {
			t.Fatalf("%s, %s, %+v", resp.Status, body, cookie)
		}
		with := b.request(http.MethodPost, "/pause", "{}")
		with.AddCookie(cookie)
		bearer := b.request(http.MethodPost, "/resume", "{}")
		bearer.Header.Set("Authorization", "Bearer "+token.text)
		for _, req := range []*http.Request{with, bearer} {
			if resp, body := b.ask(req); resp.StatusCode != 200 {
				t.Errorf("%s %v: %s, %s", req.URL, req.Header, resp.Status, body)
			}
		}
		wrong := b.request(http.MethodGet, "/state", "")
		wrong.AddCookie(&http.Cookie{Name: guarded.Cookie, Value: token.text})
		if resp, _ := b.ask(wrong); resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("the token itself as a cookie: %s", resp.Status)
		}
	})
}

func TestTokensAreLongAndPlain(t *testing.T) {
	for _, text := range []string{"short", "", "a token with blanks in it", "token/with?signs=0123456", "höhere-zeichen-0123456"} {
		if _, err := ReadToken(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
	made := NewToken()
	if _, err := ReadToken(made.text); err != nil || len(made.text) < 26 || made == NewToken() {
		t.Errorf("%q: %v", made.text, err)
	}
	if q := (Token{}).Query(); q != "" {
		t.Errorf("no token is asked for as %q", q)
	}
}

func TestOrdersReachTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, loopback)
		defer b.close()
		if resp, body := b.ask(b.request("POST", "/pause", "{}")); body != `{"status":{"done":0,"output":"out.jsonl","paused":true}}` || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("pause: %s %s", resp.Status, body)
		}
		b.ask(b.request("POST", "/resume", "{}"))
		b.ask(b.request("POST", "/limits", `{"endpoint":"spare","model":"m","limits":{"rpm":"300"}}`))
		want := []Order{{Do: "pause"}, {Do: "resume"}, {Do: "set", Endpoint: "spare", Model: "m", Limits: map[string]string{"rpm": "300"}}}
		if len(b.run.orders) != 3 || b.run.orders[0].Do != want[0].Do || b.run.orders[1].Do != want[1].Do ||
			b.run.orders[2].Endpoint != "spare" || b.run.orders[2].Model != "m" || b.run.orders[2].Limits["rpm"] != "300" || b.run.orders[2].Do != "set" {
			t.Errorf("the orders were %+v", b.run.orders)
		}
		for body, want := range map[string]string{
			`{"limits":{"rpm":300}}`: "not an order: ", `{"limit":{}}`: `unknown field`, `hello`: "not an order: ", ``: "not an order: ",
			`{"model":"` + strings.Repeat("x", longestOrder) + `"}`: "request body too large",
		} {
			if resp, got := b.ask(b.request("POST", "/limits", body)); resp.StatusCode != 400 || !strings.Contains(got, want) {
				t.Errorf("%.40s: %s %s", body, resp.Status, got)
			}
		}
		b.run.refuse = errors.New(`rpm: "0" is not a number above 0`)
		if resp, got := b.ask(b.request("POST", "/limits", `{}`)); resp.StatusCode != 422 || got != `{"error":"rpm: \"0\" is not a number above 0"}` {
			t.Errorf("%s %s", resp.Status, got)
		}
		b.run.refuse = ErrEnded
		if resp, got := b.ask(b.request("POST", "/pause", `{}`)); resp.StatusCode != 409 || got != `{"error":"the run has ended"}` {
			t.Errorf("%s %s", resp.Status, got)
		}
	})
}
