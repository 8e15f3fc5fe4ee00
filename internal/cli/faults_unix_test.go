//go:build unix

package cli

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/witness"
	"github.com/seed-1814a72b/paceline/sim"
)

// Faults that a whole process has to stand, over loopback.

// ran runs the command line to its end, in the environment with so much more.
func (b *bench) ran(more []string, flags ...string) (code int, said string) {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append(append([]string{"paceline"}, b.args...), flags...)
	var log bytes.Buffer
	cmd.Dir, cmd.Stderr = b.folder, &log
	cmd.Env = append(append(os.Environ(), "OPENAI_BASE_URL="+b.url, "OPENAI_API_KEY=sk-canary"), more...)
	cmd.Run()
	return cmd.ProcessState.ExitCode(), log.String()
}

// stops fails the test unless the run stops, resumable, and says these words.
func (b *bench) stops(words, stoppedBy string, more []string, flags ...string) {
	b.t.Helper()
	code, said := b.ran(more, append(flags, "--summary", "summary.json")...)
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	if by := gjson.GetBytes(summary, "stopped_by").String(); code != command.ExitStopped || !strings.Contains(said, words) || by != stoppedBy {
		b.t.Errorf("ended with %d, stopped by %q, and said %s; want 3, %q and %q", code, by, said, stoppedBy, words)
	}
}

// The key is not sent to where a server redirects.
func TestFault14ARedirectEndsTheRun(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 307, 308} {
		b := newBench(t, 5, sim.Config{}, plain)
		redirecting := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/v1/chat/completions", status))
		b.url = redirecting.URL + "/v1"
		b.stops("the server redirects", "redirect", nil)
		redirecting.Close()
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d requests, and the key, went to another address", n)
	}
}

func TestFault20AHostThatIsNot(t *testing.T) {
	b := newBench(t, 3, sim.Config{}, plain)
	b.url = "http://no-such-host.invalid/v1"
	b.stops("no-such-host.invalid", "outage", []string{"HTTP_PROXY=", "http_proxy="}, "--outage-limit", "300ms")
}

func TestFault21ACertificateThatIsNotTrusted(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = nil
	server.StartTLS()
	defer server.Close()
	b := newBench(t, 3, sim.Config{}, plain)
	b.url = server.URL + "/v1"
	b.stops("cannot be trusted", "tls", nil)
	code, help, _ := runMain(t, "", nil, "run", "--help")
	if word := strings.ToLower(help); code != 0 || strings.Contains(word, "insecure") || strings.Contains(word, "skip-verify") {
		t.Error("there is a flag that leaves out verification")
	}
}

func TestAServerWithoutTLSIsSaidToBeOne(t *testing.T) {
	b := newBench(t, 3, sim.Config{}, plain)
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	address := server.Listener.Addr().String()
	b.url = "https://" + address + "/v1"
	b.stops(address+" speaks http, not https: correct ", "tls", nil)
}

// Whoever waits for a handshake answers a request with an error of its own, or not at
// all: that the address begins wrongly is found out.
func TestAServerWithTLSIsSaidToBeOne(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0") // says nothing to what is no handshake
	if err != nil {
		t.Fatal(err)
	}
	mute := tls.NewListener(l, &tls.Config{Certificates: server.TLS.Certificates})
	defer mute.Close()
	go func() {
		for {
			c, err := mute.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = c.(*tls.Conn).Handshake()
			}()
		}
	}()
	for _, address := range []string{server.Listener.Addr().String(), l.Addr().String()} {
		b := newBench(t, 3, sim.Config{}, plain)
		b.url = "http://" + address + "/v1"
		b.stops(address+" speaks https, not http: correct --base-url to https://"+address+"/v1", "tls", nil)
	}
}

// What is no API is said to be none at the first call, whatever it answers.
func TestAnAddressWithoutAnAPIIsSaidToBeOne(t *testing.T) {
	for _, tt := range []struct {
		status    int
		body      string
		words, by string
	}{
		{200, "<!DOCTYPE html><title>Log in</title>", "answers with a web page, not as an API: a site, or the login of a proxy: correct --base-url, which is ", "malformed"},
		{501, "<html>Unsupported method ('POST')</html>", "takes no POST at the address that calls go to: correct --base-url, which is ", "server_error"},
		{405, "", "takes no POST at the address that calls go to: correct --base-url, which is ", "invalid_request"},
		{404, "404 page not found\n", "has nothing at the address that calls go to: correct --base-url, which is ", "invalid_request"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		}))
		b := newBench(t, 3, sim.Config{}, plain)
		b.url = server.URL + "/v1"
		b.stops(server.Listener.Addr().String()+" "+tt.words+server.URL+"/v1; it most often ends in /v1", tt.by, nil)
		server.Close()
	}
}

func TestFault23AProxyThatIsNot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	b := newBench(t, 3, sim.Config{}, plain)
	b.url = "http://provider.invalid/v1"
	b.stops(closed, "proxy", []string{"HTTP_PROXY=http://" + closed, "http_proxy=http://" + closed, "NO_PROXY=", "no_proxy="})
}

// With far too few file descriptors for its concurrency a run goes on with
// fewer calls at once, fails no item, and says what the matter was.
func TestFault24FewFileDescriptors(t *testing.T) {
	const n = 300
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("uniform:20ms,60ms")}, plain)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(b.folder, "paceline")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ulimit -n 40; exec "$0" "$@"`, link)
	cmd.Args = append(append(cmd.Args, b.args...), "--concurrency", "200", "--summary", "summary.json")
	var log bytes.Buffer
	cmd.Dir, cmd.Stderr = b.folder, &log
	cmd.Env = append(os.Environ(), "OPENAI_BASE_URL="+b.url, "OPENAI_API_KEY=sk-canary")
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != command.ExitDone {
		t.Fatalf("ended with %d: %s", code, log.String())
	}
	b.whole(n)
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	if failed := gjson.GetBytes(summary, "failed").Int(); failed != 0 {
		t.Errorf("%d items failed: %s", failed, summary)
	}
	if most := b.provider.Ledger().MaxInFlight; most > 40 {
		t.Errorf("%d calls at once with 40 descriptors", most)
	}
	if !strings.Contains(log.String(), "file descriptors") {
		t.Errorf("nothing was said of file descriptors: %s", log.String())
	}
}

// A line of 100 MB gets an error row; the others are sent, and memory stays.
func TestFault57ALineOf100MB(t *testing.T) {
	b := newBench(t, 3, sim.Config{}, plain)
	in, err := os.OpenFile(filepath.Join(b.folder, "in.jsonl"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(in, `{"id":"item-3","text":"`)
	for range 100 {
		in.Write(bytes.Repeat([]byte("x"), 1<<20))
	}
	fmt.Fprint(in, "\"}\n{\"id\":\"item-4\",\"text\":\"after\"}\n")
	in.Close()
	if code, said := b.ran(nil); code != command.ExitFailed || !strings.Contains(said, "in.jsonl:4") {
		t.Errorf("ended with %d: %s", code, said)
	}
	rows := b.rows()
	if len(rows) != 5 || b.provider.Ledger().Requests != 4 {
		t.Fatalf("%d rows, %d requests", len(rows), b.provider.Ledger().Requests)
	}
	for _, row := range rows {
		index := gjson.Get(row, "index").Int()
		if failed := gjson.Get(row, "llm.error.code").String() == "bad_item"; failed != (index == 3) || len(row) > 10_000 {
			t.Errorf("item %d has the row %.300s", index, row)
		}
	}
}

// No artefact of a run holds the key: not one that fails with the server's echo
// of it, not one that is killed, nor the dump of one that is told to make one.
func TestFault66NoKeyInAnyArtefact(t *testing.T) {
	const key = "sk-canary-8a7b6c5d4e3f"
	b := newBench(t, 40, sim.Config{APIKeys: []string{key}, TTFT: sim.MustDurations("30ms")}, plain)
	echoing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", r.Header.Get("Authorization"))
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"error":{"message":"the key %s is odd","code":%q}}`, r.Header.Get("Authorization"), key)
	}))
	defer echoing.Close()
	env := []string{"OPENAI_API_KEY=" + key, "GOTRACEBACK=all"}
	var said strings.Builder
	note := func(code int, text string) { said.WriteString(text) }
	note(b.ran(append(env, "OPENAI_BASE_URL="+echoing.URL+"/v1?key="+key), "-o", "echo.jsonl", "--summary", "echo.json"))
	note(b.ran(append(env, "OPENAI_BASE_URL="+echoing.URL+"/v1?key="+key), "-o", "echo2.jsonl", "--log", "echo.log", "--log-level", "debug", "--log-format", "json"))
	note(b.ran(append(env, "OPENAI_BASE_URL=http://user:"+key+"@127.0.0.1:1/v1"), "-o", "gone.jsonl", "--outage-limit", "200ms"))
	note(b.ran(append(env, "OPENAI_API_KEY="+key+"wrong"), "-o", "wrong.jsonl"))
	note(b.ran(env, "--dry-run", "-o", "dry.jsonl"))
	note(b.ran(env, "--quit"+key))
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL, syscall.SIGABRT} {
		said.WriteString(b.dumped(env, signal))
	}
	if code, text := b.ran(env, "--summary", "summary.json"); code != command.ExitDone {
		t.Fatalf("the last run ended with %d: %s", code, text)
	}
	b.whole(40)
	if text := said.String(); !strings.Contains(text, "goroutine") {
		t.Error("no process left a dump")
	} else if i := strings.Index(text, "canary-8a7b"); i >= 0 && !strings.Contains(text[max(0, i-20):i], "--quit") {
		t.Errorf("the key was said: %s", text[max(0, i-300):i+60])
	}
	if paths, err := witness.Telling(b.folder, "canary-8a7b"); len(paths) > 0 || err != nil {
		t.Errorf("the key stands in %q, %v", paths, err)
	}
}

// dumped starts the run, sends a signal while calls are in flight, and returns
// all that the process said.
func (b *bench) dumped(env []string, signal syscall.Signal) string {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"paceline"}, b.args...)
	var log bytes.Buffer
	cmd.Dir, cmd.Stderr, cmd.Stdout = b.folder, &log, io.Discard
	cmd.Env = append(append(os.Environ(), "OPENAI_BASE_URL="+b.url), env...)
	before := b.provider.Ledger().Requests
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.saw(before + 1)
	cmd.Process.Signal(signal)
	cmd.Wait()
	return log.String()
}

// What a server or an item says does not act upon the terminal.
func TestFault68WordsDoNotActOnTheTerminal(t *testing.T) {
	const evil = `\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e<script>alert(1)</script>\b\r`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"error":{"message":"%s","code":"%s"}}`, evil, evil)
	}))
	defer server.Close()
	b := newBench(t, 30, sim.Config{}, plain)
	b.url = server.URL + "/v1"
	_, said := b.ran(nil)
	if !strings.Contains(said, "<script>") {
		t.Errorf("the server's words are missing: %s", said)
	}
	for _, r := range said {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e) {
			t.Fatalf("a control character, %U, reached the terminal: %q", r, said)
		}
	}
}

// A wall clock that jumps while a run goes on disturbs nothing but the times
// that are written down.
func TestFault42TheWallClockJumps(t *testing.T) {
	b := newBench(t, 50, sim.Config{TTFT: sim.MustDurations("5ms")}, plain)
	var calls atomic.Int64
	jumping := func(env *command.Env) {
		env.Now = func() time.Time {
			hours := []time.Duration{0, 50, -70, 3, -1}[calls.Add(1)%5]
			return time.Now().Add(hours * time.Hour).Round(0) // without a monotonic reading
		}
		env.StderrTerminal = true
		env.Getenv = environment("OPENAI_BASE_URL", b.url, "OPENAI_API_KEY", "sk-canary")
	}
	b.t.Chdir(b.folder)
	began := time.Now()
	code, _, said := runMain(t, "", jumping, append(b.args, "--summary", "summary.json")...)
	if took := time.Since(began); code != command.ExitDone || took > time.Minute {
		t.Errorf("ended with %d after %v: %s", code, took, said)
	}
	b.whole(50)
	summary, _ := os.ReadFile("summary.json")
	if s := gjson.GetBytes(summary, "elapsed_s").Float(); !(s > 0 && s < 60) {
		t.Errorf("the run took %v s by its summary", s)
	}
}

// A cutter is a TCP proxy that breaks connections off: by a reset, after a
// random number of bytes either way, or at once.
type cutter struct {
	listener net.Listener
	to       string
	cut      atomic.Int64
}

func newCutter(t *testing.T, to string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: l, to: to}
	t.Cleanup(func() { l.Close() })
	go func() {
		rng := rand.New(rand.NewPCG(15, 17))
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(conn.(*net.TCPConn), rng.Int64N(300_000), rng.IntN(10) == 0)
		}
	}()
	return c
}

// serve copies up to so many bytes of answers, then resets the connection; or
// resets it before anything is answered.
func (c *cutter) serve(client *net.TCPConn, bytes int64, atOnce bool) {
	defer client.Close()
	server, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer server.Close()
	if atOnce {
		bytes = 0
	}
	go io.Copy(server, client)
	if n, _ := io.CopyN(client, server, bytes); n == bytes {
		c.cut.Add(1)
		client.SetLinger(0) // a reset
	}
}

// Connections that break off before the answer and in it are taken up again;
// what may have been billed is told, and no row is half an answer.
func TestFault15And17AProxyThatCutsConnections(t *testing.T) {
	const n = 300
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("uniform:1ms,10ms"), ITL: sim.MustDurations("100us"), Tokens: sim.MustCounts("40"), KeepRequests: true}, plain)
	address := strings.TrimSuffix(strings.TrimPrefix(b.url, "http://"), "/v1")
	c := newCutter(t, address)
	b.url = "http://" + c.listener.Addr().String() + "/v1"
	code, said := b.ran(nil, "--concurrency", "16", "--attempts", "20", "--summary", "summary.json", "--price", "in=1,out=1")
	if code != command.ExitDone {
		t.Fatalf("ended with %d: %s", code, said)
	}
	b.whole(n)
	for _, row := range b.rows() {
		if got := len(strings.Fields(gjson.Get(row, "llm.response").String())); got != 40 {
			t.Errorf("half an answer: %s", row)
		}
	}
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	get := func(path string) int64 { return gjson.GetBytes(summary, path).Int() }
	broken := get(`waste.by_cause.#(cause=="cut").requests`) + get(`waste.by_cause.#(cause=="retried").requests`)
	if c.cut.Load() < 10 || broken < 5 || get("requests") != n+get("waste.requests") {
		t.Errorf("%d connections were cut, %d requests broken: %s", c.cut.Load(), broken, summary)
	}
	if cost := gjson.GetBytes(summary, `waste.by_cause.#(cause=="cut").cost_usd`); cost.Type != gjson.Null {
		t.Errorf("what a cut answer cost is %s, and is not known", cost.Raw)
	}
}
