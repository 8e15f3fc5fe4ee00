package serve

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAnswersHaveTheirSizes(t *testing.T) {
	_, body, _ := strings.Cut(string(jsonAnswer()), "\r\n\r\n")
	if len(body) != BodySize || !json.Valid([]byte(body)) || !strings.Contains(body, Content) {
		t.Errorf("%d bytes: %s", len(body), body)
	}
	events := streamEvents()
	if len(events) != Chunks {
		t.Errorf("%d events", len(events))
	}
	for i := range events {
		data, ok := strings.CutPrefix(event(i), "data: ")
		if len(event(i)) != ChunkSize || !ok || !json.Valid([]byte(data)) || !strings.HasSuffix(data, "\n\n") {
			t.Errorf("event %d: %d bytes: %s", i, len(event(i)), data)
		}
	}
	if !strings.HasSuffix(string(events[Chunks-1]), "data: [DONE]\n\n\r\n0\r\n\r\n") {
		t.Errorf("a stream ends with %q", events[Chunks-1])
	}
}

func TestParse(t *testing.T) {
	post := "POST /json/v1/chat/completions HTTP/1.1\r\nHost: x\r\ncontent-length: 4\r\n\r\nbody"
	for name, tt := range map[string]struct {
		in   string
		kind kind
		size int
		err  error
	}{
		"whole":          {post, kindJSON, len(post), nil},
		"with the next":  {post + "POST /burst", kindJSON, len(post), nil},
		"half a head":    {post[:30], 0, 0, nil},
		"half a body":    {post[:len(post)-1], 0, 0, nil},
		"without a body": {"GET /counters HTTP/1.1\r\n\r\n", kindCounters, 26, nil},
		"unknown":        {"GET / HTTP/1.1\r\n\r\n", 0, 0, errUnknown},
		"no length":      {"POST /held HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0, errNoSize},
		"no number":      {"POST /held HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 0, 0, errNoSize},
		"too long":       {"POST /held HTTP/1.1\r\nContent-Length: 65536\r\n\r\n", 0, 0, errTooLong},
		"endless head":   {strings.Repeat("x", maxRequest+1), 0, 0, errTooLong},
	} {
		kind, size, err := parse([]byte(tt.in))
		if kind != tt.kind || size != tt.size || err != tt.err {
			t.Errorf("%s: %d, %d, %v", name, kind, size, err)
		}
	}
}
