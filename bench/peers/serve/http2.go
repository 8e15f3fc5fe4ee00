package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// HTTP2Every is how often an open stream over HTTP/2 has a chunk.
const HTTP2Every = 5 * time.Second

// HTTP2Streams is how many streams a connection takes: net/http's own choice, and
// of the order of what servers on the Internet allow.
const HTTP2Streams = 250

// HTTP2 answers like [Server], with endless streams only, over net/http: TLS and
// HTTP/2. It is safe for concurrent use.
type HTTP2 struct {
	open, chunks, conns, accepted, refused atomic.Int64
}

// ForeverHTTP2 is what the process of an HTTP/2 server does: it writes the
// certificate that clients must trust to a file, prints the address of its
// counters (plain HTTP) and that of the streams, and serves until it is ended.
func ForeverHTTP2(certificate string) error {
	cert, text, err := selfSigned()
	if err != nil {
		return err
	}
	if err := os.WriteFile(certificate, text, 0o644); err != nil {
		return err
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	secure, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := new(HTTP2)
	fmt.Println(plain.Addr(), secure.Addr())
	go http.Serve(plain, http.HandlerFunc(s.count))
	return s.Server(cert).ServeTLS(secure, "", "")
}

// Server returns what serves the streams with a certificate.
func (s *HTTP2) Server(cert tls.Certificate) *http.Server {
	return &http.Server{
		Handler:   s,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: HTTP2Streams},
		ConnState: s.connState,
	}
}

func (s *HTTP2) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.accepted.Add(1)
		s.conns.Add(1)
	case http.StateClosed:
		s.conns.Add(-1)
	}
}

func (s *HTTP2) count(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(s.Counters()) // who asks sees that it is cut
}

// Counters returns what was answered so far.
func (s *HTTP2) Counters() Counters {
	return Counters{Open: s.open.Load(), Chunks: s.chunks.Load(), Conns: s.conns.Load(),
		Accepted: s.accepted.Load(), Refused: s.refused.Load()}
}

// ServeHTTP implements [http.Handler]: an endless stream over HTTP/2.
func (s *HTTP2) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 2 {
		s.refused.Add(1)
		http.Error(w, "this server wants HTTP/2", http.StatusHTTPVersionNotSupported)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	s.open.Add(1)
	defer s.open.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Request-Id", "req_0123456789abcdef0123456789abcdef")
	// Streams that began together would all have their chunks together.
	wait := mathrand.N(HTTP2Every)
	for sent := 0; ; sent++ {
		if _, err := io.WriteString(w, event(min(sent, 1)+sent%(Chunks-3))); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		s.chunks.Add(1)
		select {
		case <-r.Context().Done():
			return
		case <-time.After(wait):
			wait = HTTP2Every
		}
	}
}

// selfSigned returns a certificate for 127.0.0.1, and its text for those who are
// to trust it.
func selfSigned() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, text, nil
}
