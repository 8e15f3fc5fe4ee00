package dash

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestAddressesAreReadAndRefused(t *testing.T) {
	for text, want := range map[string]Address{
		"auto":             AutoAddress,
		"127.0.0.1:7777":   {host: "127.0.0.1", port: 7777},
		"localhost:0":      {host: "localhost"},
		":8080":            {port: 8080},
		"8080":             {host: "127.0.0.1", port: 8080},
		"0.0.0.0":          {host: "0.0.0.0", port: DefaultPort},
		"localhost":        {host: "localhost", port: DefaultPort},
		"[::1]:9":          {host: "::1", port: 9},
		"my-box.local:443": {host: "my-box.local", port: 443},
	} {
		if got, err := ParseAddress(text); err != nil || got != want || !LooksLikeAddress(text) {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "127.0.0.1:", "host", "::1:99999", "localhost:http", "127.0.0.1:70000", "-1", "http://localhost:80", "a b:80", "user@host:80"} {
		if got, err := ParseAddress(text); err == nil || !strings.Contains(err.Error(), "write HOST:PORT") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]bool{"in.jsonl": false, "-": false, `C:\in.jsonl`: false, "0.0.0.0:99999": true, "a/b:c": false, "": false} {
		if got := LooksLikeAddress(text); got != want {
			t.Errorf("%q looks like an address: %t", text, got)
		}
	}
}

func TestAPortThatIsTakenIsAnErrorOrTheNextOne(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	a := Address{host: "127.0.0.1", port: port}
	if _, err := a.Listen(); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("127.0.0.1:%d: ", port)) || !strings.HasSuffix(err.Error(), "; name another port, or auto for one that is free") {
		t.Errorf("%v", err)
	}
	a.next = true
	l, err := a.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := l.Addr().(*net.TCPAddr).Port; got <= port || got >= port+portsTried || !l.Loopback() {
		t.Errorf("after %d it is at %d", port, got)
	}
	if _, err := (Address{host: "no-such-host.invalid", port: 1}).Listen(); err == nil {
		t.Error("a host that is not there was listened at")
	}
}

func TestWhatOthersReachNeedsATokenAndSaysWhere(t *testing.T) {
	everywhere := &Listener{Listener: fixed{&net.TCPAddr{IP: net.IPv4zero, Port: 7777}}}
	here := &Listener{Listener: fixed{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7778}}, host: "my-box"}
	if everywhere.Loopback() || !here.Loopback() {
		t.Error("loopback is not told from the rest")
	}
	token := NewToken()
	if url := here.URL(Token{}); url != "http://my-box:7778/" {
		t.Errorf("here it is %s", url)
	}
	if url := everywhere.URL(token); strings.Contains(url, "0.0.0.0") || strings.Contains(url, "//:") || !strings.HasSuffix(url, ":7777/?token="+token.text) {
		t.Errorf("everywhere it is %s", url)
	}
	if g := here.Guard(Token{}); !g.knows("my-box:1") || !g.knows("localhost") || g.knows("other-box") || g.Cookie != "paceline-page-7778" {
		t.Errorf("here %+v", g)
	}
	if g := everywhere.Guard(token); !g.knows("whatever") || g.Token != token {
		t.Errorf("everywhere %+v", g)
	}
}

// fixed is a listener of which only the address matters.
type fixed struct{ at net.Addr }

func (f fixed) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (f fixed) Close() error              { return nil }
func (f fixed) Addr() net.Addr            { return f.at }

func TestAServerOverSocketsLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := (Address{host: "127.0.0.1"}).Listen()
	if err != nil {
		t.Fatal(err)
	}
	page := New()
	page.Start(&script{}, Facts{})
	s := Serve(l, page.Handler(l.Guard(Token{})))
	client := &http.Client{Transport: &http.Transport{}}
	resp, err := client.Get(l.URL(Token{}) + "events")
	if err != nil {
		t.Fatal(err)
	}
	page.End(Ending{Summary: []byte(`{"items":3}`)})
	page.Close()
	s.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(text), `"summary":{"items":3}`) {
		t.Errorf("the feed ended with %q, %v", text, err)
	}
	resp.Body.Close()
	client.CloseIdleConnections()
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("it is still listened")
	}
}

func TestACrowdHasSoManyPlaces(t *testing.T) {
	defer goleak.VerifyNone(t)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := newCrowd(inner, 1)
	for range 2 {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	first, err := c.Accept()
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn)
	go func() {
		conn, err := c.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- conn
	}()
	select {
	case <-accepted:
		t.Error("a second one had the only place")
	default:
	}
	first.Close()
	first.Close() // gives its place back once
	second := <-accepted
	ended := make(chan error)
	go func() {
		_, err := c.Accept()
		ended <- err
	}()
	c.Close()
	if err := <-ended; err == nil {
		t.Error("a closed one accepted")
	}
	second.Close()
}
