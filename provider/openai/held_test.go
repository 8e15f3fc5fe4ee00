package openai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/iotest"

	paceline "github.com/seed-1814a72b/paceline"
)

// What a body gives comes through whole and in order however it is waited for, also
// one that cannot be waited for without reading, with the error that ended it.
func TestABodyIsWaitedForByItsFirstByte(t *testing.T) {
	broken := errors.New("cut")
	for name, body := range map[string]io.Reader{
		"at once":      bytes.NewReader([]byte("abcdef")),
		"byte by byte": iotest.OneByteReader(bytes.NewReader([]byte("abcdef"))),
		"end with it":  iotest.DataErrReader(bytes.NewReader([]byte("abcdef"))),
		"broken":       io.MultiReader(bytes.NewReader([]byte("abcdef")), iotest.ErrReader(broken)),
	} {
		r := &received{body: io.NopCloser(body)}
		var got []byte
		var err error
		for buf := make([]byte, 4); err == nil; {
			r.Wait()
			r.Wait() // nothing more is taken
			var n int
			n, err = r.Read(buf)
			got = append(got, buf[:n]...)
		}
		if want := map[bool]error{true: broken, false: io.EOF}[name == "broken"]; string(got) != "abcdef" || err != want || r.n != 6 {
			t.Errorf("%s: %q, %d bytes, %v", name, got, r.n, err)
		}
	}
}

// Read of an answer that is waited for elsewhere never waits: it reads on only where
// something is known to have come. All of it comes through all the same, with what
// ended it.
func TestAPatientBodyIsReadOnlyWhenSomethingHasCome(t *testing.T) {
	r := &received{body: io.NopCloser(iotest.DataErrReader(bytes.NewReader([]byte("abcdefghijk")))), patient: true}
	var got []byte
	var err error
	buf := make([]byte, 4)
	for waits := 0; err == nil; {
		var n int
		n, err = r.Read(buf)
		got = append(got, buf[:n]...)
		if n == 0 && err == nil {
			if waits++; waits > len("abcdefghijk") {
				t.Fatalf("waited %d times: %q", waits, got)
			}
			r.wait()
		}
	}
	if string(got) != "abcdefghijk" || err != io.EOF {
		t.Errorf("%q, %v", got, err)
	}
}

// A body that gives nothing, again and again, is not waited for without end.
func TestABodyOfNothingFails(t *testing.T) {
	r := &received{body: io.NopCloser(empty{}), patient: true}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != nil {
		t.Errorf("before waiting: %d, %v", n, err)
	}
	r.wait()
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.ErrNoProgress {
		t.Errorf("after it: %d, %v", n, err)
	}
}

type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, nil }

// endless serves streams that never end, and keeps nothing of them but their
// connections.
func endless(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	text := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: req_0123456789\r\n\r\n" +
		chunk(`{"role":"assistant","content":""}`, "null") + chunk(`{"content":"a"}`, "null")
	var open []net.Conn
	var served sync.WaitGroup
	served.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			open = append(open, nc)
			nc.Read(buf)
			io.WriteString(nc, text)
		}
	})
	t.Cleanup(func() {
		l.Close()
		served.Wait()
		for _, nc := range open {
			nc.Close()
		}
	})
	return l.Addr().String()
}

// inUse returns the memory of objects that are reachable, and of stacks, when it has
// stopped to shrink: a collection halves a stack at most, and only where little of
// it is in use.
func inUse() (heap, stacks int64) {
	for same := 0; same < 3; same++ {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if int64(m.StackInuse) != stacks {
			same = 0
		}
		heap, stacks = int64(m.HeapAlloc), int64(m.StackInuse)
	}
	return heap, stacks
}

// An open stream that nobody watches costs a goroutine with the stack that it
// needs, and a few kilobytes: it keeps neither its request nor a buffer. The streams
// begin one after the other: of many at once, the stacks of those who dial would lie
// between theirs, some more or less each time.
func TestAnOpenStreamIsSmall(t *testing.T) {
	const streams, question = 400, 64 << 10
	p := Provider{BaseURL: "http://" + endless(t) + "/v1", Transport: new(Direct)}
	ctx := bulk(t)
	req := &paceline.Request{Model: "m", Body: []byte(`{"messages":[{"role":"user","content":"` + string(bytes.Repeat([]byte("x"), question)) + `"}]}`)}
	ctx, cancel := context.WithCancel(ctx)
	heap, stacks := inUse()
	var ended sync.WaitGroup
	for range streams {
		begun := make(chan struct{})
		first := sync.OnceFunc(func() { close(begun) })
		ended.Go(func() {
			defer first()
			_, err := p.Attempt(ctx, req, func(d paceline.Delta) {
				if d.Kind == paceline.DeltaContent {
					first()
				}
			})
			if paceline.CodeOf(err) != paceline.CodeCanceled {
				t.Errorf("%v", err)
			}
		})
		<-begun
	}
	nowHeap, nowStacks := inUse()
	heap, stacks = (nowHeap-heap)/streams, (nowStacks-stacks)/streams
	t.Logf("%d bytes and a stack of %d for each open stream", heap, stacks)
	if heap > mostHeap || stacks > mostStack {
		t.Errorf("%d bytes and a stack of %d for each open stream, at most %d and %d are wanted", heap, stacks, mostHeap, mostStack)
	}
	cancel()
	ended.Wait()
}
