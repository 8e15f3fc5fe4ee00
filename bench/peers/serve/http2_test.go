package serve

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A client that trusts the certificate gets a stream over HTTP/2, which is counted
// while it is open; one without HTTP/2 is refused.
func TestStreamsOverHTTP2(t *testing.T) {
	cert, text, err := selfSigned()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := new(HTTP2)
	srv := s.Server(cert)
	go srv.ServeTLS(l, "", "")
	t.Cleanup(func() { srv.Close() })
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	for _, both := range []bool{true, false} {
		tr := &http.Transport{ForceAttemptHTTP2: both, TLSClientConfig: &tls.Config{RootCAs: roots}}
		t.Cleanup(tr.CloseIdleConnections)
		resp, err := (&http.Client{Transport: tr}).Post("https://"+l.Addr().String()+"/held", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if !both {
			if resp.StatusCode != http.StatusHTTPVersionNotSupported || s.Counters().Refused != 1 {
				t.Errorf("HTTP/1.1: %s", resp.Status)
			}
			continue
		}
		line, err := bufio.NewReader(resp.Body).ReadString('\n')
		if !strings.HasPrefix(line, "data: {") || len(line)+1 != ChunkSize || err != nil {
			t.Errorf("the first event is %q, %v", line, err)
		}
		if c := s.Counters(); c.Open != 1 || c.Conns != 1 {
			t.Errorf("%+v", c)
		}
	}
}
