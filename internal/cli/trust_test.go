package cli

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-1814a72b/paceline/sim"
)

// A server whose certificate a private authority vouches for is spoken to, over
// HTTP/2, once that authority's file is named; and only then.
func TestAPrivateAuthorityIsTrusted(t *testing.T) {
	provider, err := sim.New(sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	var version atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version.Store(int64(r.ProtoMajor))
		provider.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	authority := write("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	input := write("in.jsonl", []byte("{\"text\":\"a\"}\n{\"text\":\"b\"}\n"))
	run := func(more ...string) (int, string) {
		output := filepath.Join(t.TempDir(), "out.jsonl")
		code, _, said := runMain(t, "", nil, append([]string{"run", input, "-o", output, "-m", "m", "-p", "{{.text}}"}, more...)...)
		return code, said
	}
	if code, said := run("--base-url", server.URL+"/v1", "--ca-file", authority); code != 0 || version.Load() != 2 {
		t.Errorf("exit %d over HTTP/%d: %s", code, version.Load(), said)
	}
	if code, said := run("--base-url", server.URL+"/v1"); code == 0 || !strings.Contains(said, "--ca-file") {
		t.Errorf("without the file: exit %d: %s", code, said)
	}
	for name, c := range map[string]struct{ url, file, want string }{
		"no TLS":         {"http://127.0.0.1:1/v1", authority, "--ca-file goes with an https:// address"},
		"no file":        {server.URL + "/v1", filepath.Join(dir, "none.pem"), "--ca-file: "},
		"no certificate": {server.URL + "/v1", input, "has no certificate in it"},
	} {
		if code, said := run("--base-url", c.url, "--ca-file", c.file); code != 1 || !strings.Contains(said, c.want) {
			t.Errorf("%s: exit %d: %s", name, code, said)
		}
	}
}
