package openai

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
)

// overPipe returns a real transport, for one request, to a server that answers
// with raw bytes and closes the connection.
func overPipe(raw string) *http.Transport {
	t := NewTransport()
	t.Proxy = nil
	t.DialContext = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			req, err := http.ReadRequest(bufio.NewReader(server))
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil {
				return
			}
			_, _ = io.WriteString(server, raw) // fails if the client has had enough
		}()
		return client, nil
	}
	return t
}

// A kind is a transport that is to behave as the others do.
type kind interface {
	http.RoundTripper
	CloseIdleConnections()
}

// eachKind runs a test over net/http and over connections of our own.
func eachKind(t *testing.T, test func(t *testing.T, rt kind)) {
	for name, rt := range map[string]kind{"NetHTTP": NewTransport(), "Direct": new(Direct)} {
		t.Run(name, func(t *testing.T) {
			defer rt.CloseIdleConnections()
			test(t, rt)
		})
	}
}
