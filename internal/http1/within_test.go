package http1_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

// opened makes a call whose answer has begun.
func opened(ctx context.Context, t *testing.T, c *http1.Client, addr string) *http1.Response {
	t.Helper()
	res, err := c.Do(ctx, post(addr, nil), new(watch))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Close() })
	return res
}

// The end of an answer is waited for no longer than is said, and a connection
// whose answer has ended in time is used again, without a deadline.
func TestWithin(t *testing.T) {
	next := make(chan struct{})
	c, addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		<-next
	})
	res := opened(t.Context(), t, c, addr)
	res.Within(time.Minute)
	next <- struct{}{}
	if body, err := io.ReadAll(res); string(body) != "a" || err != nil {
		t.Fatalf("%q, %v", body, err)
	}
	w := new(watch)
	again, err := c.Do(t.Context(), post(addr, nil), w)
	if err != nil || !w.kept {
		t.Fatalf("%v, on a kept connection: %v", err, w.kept)
	}
	again.Within(time.Millisecond)
	if _, err := io.ReadAll(again); err == nil || t.Context().Err() != nil {
		t.Errorf("an answer without an end: %v", err)
	}
	close(next)
	again.Close()
	again.Within(time.Minute) // of one that is over it does nothing
}

// A call that is cancelled stays so, whatever deadline is set then.
func TestWithinDoesNotReviveACancelledCall(t *testing.T) {
	stay := make(chan struct{})
	c, addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		<-stay
	})
	defer close(stay)
	ctx, cancel := context.WithCancel(t.Context())
	res := opened(ctx, t, c, addr)
	cancel()
	res.Within(time.Hour)
	if _, err := io.ReadAll(res); err != context.Canceled {
		t.Error(err)
	}
}
