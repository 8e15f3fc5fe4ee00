// Package providertest is the conformance suite of providers: every adapter
// passes it, and so does the simulator behind one. It knows no wire format:
// the bytes that a server sends come from the [Target].
package providertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	paceline "github.com/seed-1814a72b/paceline"
)

// Key is the key that the suite gives to providers and searches their errors
// for. Where an [Answer] contains it, the server echoes it.
const Key = "sk-conformance-canary-7F3A9C"

// A Target is a provider under test and what its servers say.
type Target struct {
	// New returns a provider that makes its connections by rt and uses key.
	New func(rt http.RoundTripper, key string) paceline.Provider

	// Request returns the request to make; the suite makes it often.
	Request func() *paceline.Request

	// Answer is a complete, successful answer. If the provider streams, it
	// has at least two pieces of text in as many Pieces.
	Answer Answer
	Text   string         // the text of the answer
	Usage  paceline.Usage // its usage

	// Streams is true if the provider reports the pieces of Answer as they
	// come, and takes a body that ends early for a cut.
	Streams bool

	// Failures are answers that are no success, with the code that each must
	// get. Let some of them echo [Key].
	Failures []Failure
}

// A Failure is an answer that must become an error.
type Failure struct {
	Name   string
	Answer Answer
	Code   paceline.Code
}

// Run checks every promise of [paceline.Provider].
func Run(t *testing.T, target Target) {
	tests := []struct {
		name string
		run  func(*testing.T, Target)
	}{
		{"Answer", testAnswer},
		{"WithoutEmit", testWithoutEmit},
		{"RequestIsNotChanged", testRequestIsNotChanged},
		{"Failures", testFailures},
		{"NoConnection", testNoConnection},
		{"CutAnywhere", testCutAnywhere},
		{"EndsAnywhere", testEndsAnywhere},
		{"CancelBefore", testCancelBefore},
		{"CancelWhileWaiting", testCancelWhileWaiting},
		{"CancelAnywhere", testCancelAnywhere},
		{"CancelInEmit", testCancelInEmit},
		{"Concurrent", testConcurrent},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.run(t, target) })
		})
	}
}

// A bench is a provider in front of a scripted server.
type bench struct {
	*Server
	transport *http.Transport
	provider  paceline.Provider
}

func (target Target) bench(script ...Answer) *bench {
	s := NewServer(script...)
	tr := s.Transport()
	return &bench{s, tr, target.New(tr, Key)}
}

func (b *bench) close() {
	b.transport.CloseIdleConnections()
	b.Close()
}

func testAnswer(t *testing.T, target Target) {
	b := target.bench(target.Answer)
	defer b.close()
	rec := newRecorder()
	resp, err := b.provider.Attempt(t.Context(), target.Request(), rec.emit)
	rec.returned()
	target.check(t, resp, err)
	rec.check(t, target)
	synctest.Wait()
	if rec.late() > 0 {
		t.Error("emit was called after Attempt had returned")
	}
	if n := len(b.Received()); n != 1 {
		t.Errorf("one attempt made %d requests", n)
	}
}

// check holds a response to what the target's answer says.
func (target Target) check(t *testing.T, resp *paceline.Response, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("a complete answer failed: %v", err)
	}
	if got := resp.Text(); got != target.Text {
		t.Errorf("text is %q, want %q", got, target.Text)
	}
	if resp.Usage != target.Usage {
		t.Errorf("usage is %+v, want %+v", resp.Usage, target.Usage)
	}
	if resp.Status != http.StatusOK || resp.Header == nil || len(resp.Body) == 0 {
		t.Errorf("status %d, header %v, %d bytes of body", resp.Status, resp.Header, len(resp.Body))
	}
	if n := target.Answer.length(); resp.Bytes != 0 && resp.Bytes != int64(n) {
		t.Errorf("%d bytes were counted, of %d", resp.Bytes, n)
	}
}

func testWithoutEmit(t *testing.T, target Target) {
	b := target.bench(target.Answer)
	defer b.close()
	resp, err := b.provider.Attempt(t.Context(), target.Request(), nil)
	target.check(t, resp, err)
}

func testRequestIsNotChanged(t *testing.T, target Target) {
	b := target.bench(target.Answer)
	defer b.close()
	req, same := target.Request(), target.Request()
	for range 2 {
		resp, err := b.provider.Attempt(t.Context(), req, nil)
		target.check(t, resp, err)
	}
	if !bytes.Equal(req.Body, same.Body) || req.Model != same.Model || req.Path != same.Path ||
		!slices.Equal(req.Messages, same.Messages) {
		t.Errorf("the request was changed to %+v", req)
	}
	if got := b.Received(); len(got) != 2 || !bytes.Equal(got[0].Body, got[1].Body) {
		t.Errorf("the same request was sent differently: %q", got)
	}
}

func testFailures(t *testing.T, target Target) {
	for _, f := range target.Failures {
		b := target.bench(f.Answer)
		rec := newRecorder()
		resp, err := b.provider.Attempt(t.Context(), target.Request(), rec.emit)
		rec.returned()
		if resp != nil {
			t.Errorf("%s: a response beside the error: %s", f.Name, resp.Body)
		}
		e := typed(t, f.Name, err)
		if e.Code != f.Code {
			t.Errorf("%s: code %s, want %s (%v)", f.Name, e.Code, f.Code, e)
		}
		if status := f.Answer.Status; status != 0 && e.Status != status {
			t.Errorf("%s: status %d, want %d", f.Name, e.Status, status)
		}
		b.close()
	}
}

// typed returns err as the [*paceline.Error] that it must be, without the key
// anywhere in it.
func typed(t *testing.T, name string, err error) *paceline.Error {
	t.Helper()
	e, ok := errors.AsType[*paceline.Error](err)
	if !ok {
		t.Fatalf("%s: the error is %#v, not a *paceline.Error", name, err)
	}
	for _, text := range []string{e.Error(), string(e.Body), fmt.Sprintf("%+v", e.Header), fmt.Sprintf("%+v", *e)} {
		if strings.Contains(text, Key) {
			t.Errorf("%s: the key is in the error: %s", name, text)
		}
	}
	for cause := error(e); cause != nil; cause = errors.Unwrap(cause) {
		if strings.Contains(cause.Error(), Key) {
			t.Errorf("%s: the key is in a cause: %v", name, cause)
		}
	}
	return e
}

func testNoConnection(t *testing.T, target Target) {
	b := target.bench(target.Answer)
	b.close()
	_, err := b.provider.Attempt(t.Context(), target.Request(), nil)
	if e := typed(t, "refused", err); e.Code != paceline.CodeConnection || e.MaybeBilled || e.Remote {
		t.Errorf("refused: %+v", e)
	}
	b = target.bench(Answer{NoHeader: true, End: EndCut})
	defer b.close()
	_, err = b.provider.Attempt(t.Context(), target.Request(), nil)
	if e := typed(t, "closed", err); e.Code != paceline.CodeConnection || !e.MaybeBilled {
		t.Errorf("closed before the answer: %+v", e)
	}
}

// prefix returns the answer cut after n bytes of its body.
func (a Answer) prefix(n int, end End) Answer {
	a.Pieces = []string{strings.Join(a.Pieces, "")[:n]}
	a.End = end
	return a
}

func (a Answer) length() int { return len(strings.Join(a.Pieces, "")) }

// testCutAnywhere closes the connection after every number of bytes: only an
// answer that was wholly there, but for white space, may count.
func testCutAnywhere(t *testing.T, target Target) {
	whole := strings.Join(target.Answer.Pieces, "")
	for n := range len(strings.TrimRight(whole, "\r\n ")) {
		b := target.bench(target.Answer.prefix(n, EndCut))
		resp, err := b.provider.Attempt(t.Context(), target.Request(), nil)
		if err == nil {
			t.Fatalf("cut after %d of %d bytes, yet a success: %s", n, len(whole), resp.Body)
		}
		if e := typed(t, "cut", err); e.Code != paceline.CodeCut || !e.MaybeBilled {
			t.Fatalf("cut after %d of %d bytes: %+v", n, len(whole), e)
		} else if e.Bytes != 0 && e.Bytes != int64(n) {
			t.Fatalf("cut after %d bytes: %d were counted", n, e.Bytes)
		}
		b.close()
	}
}

// testEndsAnywhere ends the body cleanly after every number of bytes: what is
// taken for a success must have all of the text and a finish reason.
func testEndsAnywhere(t *testing.T, target Target) {
	for n := range target.Answer.length() {
		b := target.bench(target.Answer.prefix(n, EndClean))
		resp, err := b.provider.Attempt(t.Context(), target.Request(), nil)
		switch {
		case err != nil:
			if v := typed(t, "ended", err).Verdict(); v != paceline.VerdictRetry {
				t.Errorf("ended after %d bytes: verdict %v of %v", n, v, err)
			}
		case resp.Text() != target.Text || resp.FinishReason() == "":
			t.Errorf("ended after %d of %d bytes, yet a success: %s", n, target.Answer.length(), resp.Body)
		}
		b.close()
	}
}

var errStopped = errors.New("stopped by the suite")

// canceled checks the error of an attempt whose context has ended.
func canceled(t *testing.T, name string, err error) {
	t.Helper()
	if e := typed(t, name, err); e.Code != paceline.CodeCanceled || !errors.Is(err, errStopped) {
		t.Errorf("%s: %v, which does not wrap the cause", name, e)
	}
}

func testCancelBefore(t *testing.T, target Target) {
	b := target.bench(target.Answer)
	defer b.close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStopped)
	_, err := b.provider.Attempt(ctx, target.Request(), nil)
	canceled(t, "before", err)
	if n := len(b.Received()); n != 0 {
		t.Errorf("%d requests were sent all the same", n)
	}
}

func testCancelWhileWaiting(t *testing.T, target Target) {
	target.cancelDuring(t, "waiting for the header", Answer{NoHeader: true, End: EndHang})
	for _, f := range target.Failures {
		target.cancelDuring(t, f.Name+", body hangs", f.Answer.prefix(f.Answer.length()/2, EndHang))
	}
}

func testCancelAnywhere(t *testing.T, target Target) {
	for n := range target.Answer.length() * 3 / 4 {
		target.cancelDuring(t, fmt.Sprintf("after %d bytes", n), target.Answer.prefix(n, EndHang))
	}
}

// cancelDuring cancels an attempt that waits for an answer that hangs. No time
// passes meanwhile: the attempt must return because of the cancellation.
func (target Target) cancelDuring(t *testing.T, name string, hanging Answer) {
	t.Helper()
	b := target.bench(hanging)
	defer b.close()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() {
		_, err := b.provider.Attempt(ctx, target.Request(), func(paceline.Delta) {})
		ended <- err
	}()
	synctest.Wait()
	select {
	case err := <-ended:
		if paceline.CodeOf(err) == paceline.CodeCanceled {
			t.Errorf("%s: ended before it was cancelled: %v", name, err)
		}
		return // what has come was enough for a verdict
	default:
	}
	cancel(errStopped)
	synctest.Wait()
	select {
	case err := <-ended:
		canceled(t, name, err)
	default:
		t.Fatalf("%s: the attempt does not return when it is cancelled", name)
	}
	if b.Left() != 1 {
		t.Errorf("%s: the connection was kept", name)
	}
}

func testCancelInEmit(t *testing.T, target Target) {
	b := target.bench(target.Answer.prefix(target.Answer.length()/2, EndHang))
	defer b.close()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	_, err := b.provider.Attempt(ctx, target.Request(), func(paceline.Delta) { cancel(errStopped) })
	canceled(t, "in emit", err)
}

func testConcurrent(t *testing.T, target Target) {
	b := target.bench(target.Answer)
	defer b.close()
	const calls = 50
	var all sync.WaitGroup
	recs := make([]*recorder, calls)
	for i := range calls {
		recs[i] = newRecorder()
		all.Go(func() {
			recs[i].here()
			resp, err := b.provider.Attempt(t.Context(), target.Request(), recs[i].emit)
			recs[i].returned()
			if err != nil || resp.Text() != target.Text {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	all.Wait()
	for _, r := range recs {
		r.check(t, target)
	}
}
