//go:build e2e

package http_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// uvicorn is what pip installs.
const uvicorn = "uvicorn==0.30.6"

// A place is where a server listens, with and without TLS.
type place struct{ plain, secure string }

// own is net/http's server, behind which nginx stands, and whose certificate all
// have.
type own struct {
	place
	tls       *tls.Config // of clients
	cert, key string      // files
}

// newOwn starts net/http's server.
func newOwn(t *testing.T) *own {
	t.Helper()
	start := func(begin func(*httptest.Server)) *httptest.Server {
		s := httptest.NewUnstartedServer(http.HandlerFunc(answer))
		s.Config.IdleTimeout = time.Second
		begin(s)
		t.Cleanup(s.Close)
		return s
	}
	plain, secure := start((*httptest.Server).Start), start((*httptest.Server).StartTLS)
	pool := x509.NewCertPool()
	pool.AddCert(secure.Certificate())
	o := &own{
		place: place{plain.Listener.Addr().String(), secure.Listener.Addr().String()},
		tls:   &tls.Config{RootCAs: pool, ServerName: "example.com"},
	}
	c := secure.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	o.cert = pemFile(t, "CERTIFICATE", c.Certificate[0])
	o.key = pemFile(t, "PRIVATE KEY", der)
	return o
}

func pemFile(t *testing.T, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// answer is what all the servers do.
func answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/refuse" {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/echo" {
		w.Write(body)
		return
	}
	for i := 0; r.URL.Path == "/endless" || i < 10; i++ {
		if _, err := fmt.Fprintf(w, "chunk %d\n", i); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		time.Sleep(5 * time.Millisecond)
	}
}

// folder is where what is installed goes.
func folder(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../.e2e/http")
	if err == nil {
		err = os.MkdirAll(path, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// need runs a command that prepares a server, which is skipped if that fails.
func need(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%s %s: %v: %.300s", name, strings.Join(args, " "), err, out)
	}
}

// background starts a server that ends with the test, and returns what it prints.
func background(t *testing.T, name string, args ...string) *bufio.Reader {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // nginx has workers, which are not to be left
		timer := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		defer timer.Stop()
		cmd.Wait()
	})
	return bufio.NewReader(out)
}

// ports reads the ports that a server prints.
func ports(t *testing.T, out *bufio.Reader) place {
	t.Helper()
	var plain, secure string
	if _, err := fmt.Fscan(out, &plain, &secure); err != nil {
		t.Fatalf("the server did not say where it listens: %v", err)
	}
	return place{"127.0.0.1:" + plain, "127.0.0.1:" + secure}
}

func startNode(t *testing.T, o *own) place {
	return ports(t, background(t, "node", "server.mjs", o.cert, o.key))
}

func startUvicorn(t *testing.T, o *own) place {
	dir := folder(t)
	python := filepath.Join(dir, "venv", "bin", "python")
	if _, err := os.Stat(filepath.Join(dir, "venv", "bin", "uvicorn")); err != nil {
		need(t, dir, "python3", "-m", "venv", "venv")
		need(t, dir, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", uvicorn)
	}
	return ports(t, background(t, python, "server.py", o.cert, o.key))
}

const nginxConfig = `
daemon off; pid %[1]s/nginx.pid; error_log stderr crit; worker_processes 1;
events { worker_connections 512; }
http {
  access_log off; keepalive_timeout 1s; keepalive_requests 50;
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  server {
    listen %[2]s; listen %[3]s ssl; ssl_certificate %[4]s; ssl_certificate_key %[5]s;
    client_max_body_size 16m;
    location / { proxy_pass http://%[6]s; proxy_http_version 1.1; proxy_buffering off; }
    location /refuse { client_max_body_size 1k; proxy_pass http://%[6]s; }
  }
}`

// startNginx starts Debian's, which is unpacked and not installed, before o.
func startNginx(t *testing.T, o *own) place {
	binary, err := exec.LookPath("nginx")
	if err != nil {
		dir := folder(t)
		binary = filepath.Join(dir, "nginx", "usr", "sbin", "nginx")
		if _, err := os.Stat(binary); err != nil {
			need(t, dir, "apt-get", "download", "nginx")
			need(t, dir, "sh", "-c", "dpkg -x nginx_*.deb nginx")
		}
	}
	scratch := t.TempDir()
	p := place{free(t), free(t)}
	config := filepath.Join(scratch, "nginx.conf")
	text := fmt.Sprintf(nginxConfig, scratch, p.plain, p.secure, o.cert, o.key, o.plain)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // its worker gives up the rights that its files need
		text = "user root;" + text
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	need(t, scratch, binary, "-t", "-c", config)
	background(t, binary, "-c", config)
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		nc, err := net.Dial("tcp", p.secure)
		if err == nil {
			nc.Close()
			return p
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal(err)
		}
	}
}

// free returns an address at which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
