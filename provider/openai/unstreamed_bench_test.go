package openai

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

// BenchmarkUnstreamed is one unstreamed attempt over a connection in memory, the
// server's side included, which allocates nothing.
func BenchmarkUnstreamed(b *testing.B) {
	d := &Direct{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerAll(server)
		return client, nil
	}}
	defer d.CloseIdleConnections()
	p := Provider{Key: "sk-canary-123456", BaseURL: "http://bench.invalid/v1", NoStream: true, Transport: d}
	reqs := map[string]*paceline.Request{
		"body":     {Body: []byte(`{"model":"bench","messages":[{"role":"user","content":"Positive, negative or mixed?"}]}`)},
		"messages": {Model: "bench", Messages: paceline.User("Positive, negative or mixed?")},
	}
	for name, req := range reqs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Attempt(context.Background(), req, func(paceline.Delta) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// answerAll answers each request, which a client writes at once, with 600 bytes.
func answerAll(c net.Conn) {
	body := `{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("an answer of some words ", 10) + `","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":50,"total_tokens":69}}`
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nDate: Mon, 10 Mar 2025 01:25:52 GMT\r\nContent-Type: application/json\r\nX-Request-Id: req_0123456789abcdef\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	buf := make([]byte, 4096)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}
