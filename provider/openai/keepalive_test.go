package openai

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

// Fault 16, as llama.cpp's server has it: each connection is closed after one
// streamed answer, although the header promises to keep it.
func TestFault16ServerThatNeverKeepsItsConnections(t *testing.T) { eachKind(t, testNeverKept) }

func testNeverKept(t *testing.T, tr kind) {
	closing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		body := chunk(`{"content":"x"}`, "stop") + done
		fmt.Fprintf(buf, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"+
			"Keep-Alive: timeout=5, max=100\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		_ = buf.Flush()
	}))
	defer closing.Close()
	p := Provider{BaseURL: closing.URL, Transport: tr}
	failed := 0
	for range 500 {
		if _, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil); err != nil {
			failed++
			if code := paceline.CodeOf(err); code != paceline.CodeConnection {
				t.Fatalf("%v: %v", code, err)
			}
		}
	}
	if failed > suspicions {
		t.Errorf("%d of 500 calls failed, %d should have been enough to learn", failed, suspicions)
	}
}

func TestKeptConnectionsAreJudged(t *testing.T) {
	var scores keepScores
	c, err := (&Provider{BaseURL: "http://kept.example"}).newCall(&paceline.Request{Model: "m"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	death, answer := keptConn{reused: true}, keptConn{reused: true, answered: true}
	death.judge(&scores, c)
	death.judge(&scores, c)
	answer.judge(&scores, c) // it does keep some: the deaths were chance
	death.judge(&scores, c)
	death.judge(&scores, c)
	for _, innocent := range []*keptConn{{}, {answered: true}, {reused: true, idle: atOnce}, {reused: true, shared: true}} {
		innocent.judge(&scores, c)
	}
	if scores.hopeless(c) {
		t.Error("given up although a kept connection worked")
	}
	death.judge(&scores, c)
	answer.judge(&scores, c)
	if !scores.hopeless(c) {
		t.Error("not given up after as many deaths as it takes")
	}
}
