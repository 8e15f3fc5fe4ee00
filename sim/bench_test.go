package sim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// discard is a client that takes everything at once.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
func (d discard) Flush()                      {}

func benchmark(b *testing.B, cfg Config, body string) {
	s := newServer(b, cfg)
	r := httptest.NewRequest("POST", "/v1/chat/completions", nil)
	b.ReportAllocs()
	for b.Loop() {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		s.ServeHTTP(discard{http.Header{}}, r)
	}
}

const benchPrompt = "Label the review with one of: positive, negative, mixed.\nReview: The kettle is great, but the lid broke after a week and nobody answers my calls."

func BenchmarkWhole(b *testing.B)    { benchmark(b, Config{}, chatBody("Tell me something", "")) }
func BenchmarkStreamed(b *testing.B) { benchmark(b, Config{}, chatBody("Tell me something", streamed)) }
func BenchmarkLabel(b *testing.B)    { benchmark(b, Config{}, chatBody(benchPrompt, "")) }

func BenchmarkLimitsAndFaults(b *testing.B) {
	cfg := Config{Limits: Limits{RPM: 1 << 30, TPM: 1 << 40, Window: SlidingWindow}, Errors: must(ParseFaults("500:0.01"))}
	benchmark(b, cfg, chatBody("Tell me something", ""))
}

func BenchmarkSchema(b *testing.B) {
	benchmark(b, Config{}, chatBody("Write a post", `,"response_format":{"type":"json_schema","json_schema":{"schema":`+blogPost+`}}`))
}

// BenchmarkOverNetwork is a whole call: client, network in memory, server.
func BenchmarkOverNetwork(b *testing.B) {
	s := newServer(b, Config{})
	c, stop := new(Network).Serve(s)
	defer stop()
	body := chatBody("Tell me something", streamed)
	b.ReportAllocs()
	for b.Loop() {
		if r := send(c, body); r.status != 200 {
			b.Fatal(r)
		}
	}
}
