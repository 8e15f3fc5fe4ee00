package openai

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

// bulk returns the context of an attempt that nobody watches.
func bulk(t testing.TB) context.Context {
	t.Helper()
	var ctx context.Context
	p := paceline.ProviderFunc(func(c context.Context, _ *paceline.Request, _ func(paceline.Delta)) (*paceline.Response, error) {
		ctx = context.WithoutCancel(c)
		return &paceline.Response{Body: []byte(`{}`)}, nil
	})
	e, err := paceline.New(p, paceline.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	if _, err := e.Do(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// longStream returns an answer of so many chunks of 250 bytes.
func longStream(chunks int) string {
	var b strings.Builder
	for i := range chunks {
		head := `data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"bench",` +
			`"choices":[{"index":0,"delta":{"content":"` + fmt.Sprintf(" token%02d", i%100) + `"},"finish_reason":null}],"system_fingerprint":"fp_`
		b.WriteString(head + strings.Repeat("0", 250-len(head)-4) + "\"}\n\n")
	}
	return b.String() + chunk(`{}`, "stop") + usageChunk + done
}

// bySize gives a body in reads of so many bytes.
type bySize struct {
	io.Reader
	size int
}

func (p bySize) Read(b []byte) (int, error) { return p.Reader.Read(b[:min(len(b), p.size)]) }

// Where nobody watches, one piece of what was read together is reported: the first,
// and no sign of life of another kind is left out.
func TestOnePieceOfWhatWasReadTogetherIsReported(t *testing.T) {
	for _, watched := range []bool{true, false} {
		ctx := t.Context()
		if !watched {
			ctx = bulk(t)
		}
		const chunks, size = 100, 4000
		rt := transport(func(*http.Request) (*http.Response, error) {
			body := bySize{strings.NewReader(": ping\n\n" + longStream(chunks)), size}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
		})
		seen := map[paceline.DeltaKind]int{}
		first := ""
		p := Provider{BaseURL: "http://test.invalid", Transport: rt}
		resp, err := p.Attempt(ctx, &paceline.Request{Model: "m"}, func(d paceline.Delta) {
			if seen[d.Kind]++; d.Kind == paceline.DeltaContent && first == "" {
				first = d.Text()
			}
		})
		if err != nil || len(resp.Text()) != chunks*len(" token00") || first != " token00" {
			t.Errorf("watched %v: %v, first %q", watched, err, first)
		}
		if seen[paceline.DeltaHeader] != 1 || seen[paceline.DeltaKeepAlive] < 1 {
			t.Errorf("watched %v: signs of life %v", watched, seen)
		}
		switch n := seen[paceline.DeltaContent]; {
		case watched && n != chunks:
			t.Errorf("%d of %d pieces were reported", n, chunks)
		case !watched && (n < 250*chunks/size || n > 250*chunks/size+3):
			t.Errorf("%d pieces of %d bytes in reads of %d were reported", n, 250*chunks, size)
		}
	}
}

// A stream that somebody watches is read as it comes, and one that nobody does is
// put together from what was read at intervals; over our own connections and over
// net/http's, with TLS and over HTTP/2.
func TestAStreamIsTheSameHoweverItIsRead(t *testing.T) {
	next := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := range 20 {
			io.WriteString(w, chunk(fmt.Sprintf(`{"content":"%02d"}`, i), "null"))
			w.(http.Flusher).Flush()
			if strings.HasPrefix(r.URL.Path, "/watched") {
				<-next // it came before the next was sent
			}
		}
		io.WriteString(w, chunk(`{}`, "stop")+usageChunk+done)
	})
	for name, start := range map[string]func(*httptest.Server) http.RoundTripper{
		"direct":     func(s *httptest.Server) http.RoundTripper { s.Start(); return new(Direct) },
		"net/http":   func(s *httptest.Server) http.RoundTripper { s.Start(); return NewTransport() },
		"direct TLS": func(s *httptest.Server) http.RoundTripper { return &Direct{TLSClientConfig: secured(s, false)} },
		"TLS":        func(s *httptest.Server) http.RoundTripper { return overTLS(s, false) },
		"HTTP/2":     func(s *httptest.Server) http.RoundTripper { return overTLS(s, true) },
		"shared":     func(s *httptest.Server) http.RoundTripper { return NewMultiplexed(overTLS(s, true)) },
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(h)
			rt := start(srv)
			defer srv.Close()
			defer Provider{BaseURL: srv.URL, Transport: rt}.CloseIdle()
			for _, path := range []string{"/bulk", "/watched", "/bulk"} {
				ctx, tell := bulk(t), func() {}
				if path == "/watched" {
					ctx, tell = paceline.Watch(ctx), func() { next <- struct{}{} }
				}
				p := Provider{BaseURL: srv.URL + path, Transport: rt}
				resp, err := p.Attempt(ctx, &paceline.Request{Model: "m"}, func(d paceline.Delta) {
					if d.Kind == paceline.DeltaContent {
						tell()
					}
				})
				if err != nil || resp.Text() != "0001020304050607080910111213141516171819" || resp.Usage.Completion != 4 {
					t.Fatalf("%s: %v", path, err)
				}
			}
		})
	}
}

// secured starts a server with TLS, and returns how its clients speak it.
func secured(s *httptest.Server, http2 bool) *tls.Config {
	s.EnableHTTP2 = http2
	s.StartTLS()
	cfg := s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.ServerName = "example.com"
	return cfg
}

func overTLS(s *httptest.Server, http2 bool) *http.Transport {
	rt := NewTransport()
	rt.TLSClientConfig = secured(s, http2)
	return rt
}

// BenchmarkStream is what the provider pays for an answer of 100 chunks that come
// in one write: reading, taking apart, putting together and reporting.
func BenchmarkStream(b *testing.B) {
	for _, watched := range []bool{true, false} {
		b.Run(fmt.Sprintf("watched=%v", watched), func(b *testing.B) {
			const chunks = 100
			text := []byte(longStream(chunks))
			ctx := context.Background()
			if !watched {
				ctx = bulk(b)
			}
			rt := transport(func(*http.Request) (*http.Response, error) {
				body := bySize{bytes.NewReader(text), 8 << 10}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
			})
			p := Provider{BaseURL: "http://test.invalid", Transport: rt}
			req := &paceline.Request{Body: []byte(`{"model":"m"}`)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Attempt(ctx, req, func(paceline.Delta) {}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/chunks, "ns/chunk")
		})
	}
}
