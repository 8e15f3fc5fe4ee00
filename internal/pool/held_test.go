package pool

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

// usualStack is how large the stack of a goroutine may be that waits for a stream:
// the next size is the double.
const usualStack = 4 << 10

// shrinksBelow is how much of the double may be in use for the runtime to halve it: a
// quarter, less what it keeps free for functions that do not look (runtime.shrinkstack).
const shrinksBelow = 2*usualStack/4 - 800

// leastMargin is how much less than that is to be in use: what the next local variable
// takes.
const leastMargin = 64

// A stream of a run waits on a stack of 4 KiB, over our own connections and over
// HTTP/2, where net/http has a goroutine of the same size for it; also that of a
// program that uses the library. Whoever puts a large variable on the way to where
// thousands wait doubles what they take: such work belongs in a function of its own
// that has returned before.
func TestAStreamWaitsOnASmallStack(t *testing.T) {
	if raceEnabled || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("frames have other sizes there")
	}
	for name, from := range map[string]func(openai.Provider) paceline.Provider{
		"the command": func(p openai.Provider) paceline.Provider {
			return newWitness(p, new(Endpoint), new(atomic.Pointer[blame]))
		},
		"the library": func(p openai.Provider) paceline.Provider { return p },
	} {
		t.Run(name+" over HTTP/1.1", func(t *testing.T) {
			begun := make(chan struct{}, 1)
			p := openai.Provider{BaseURL: "http://" + endless(t, begun) + "/v1", Transport: new(openai.Direct)}
			held := hold(t, from(p), begun)
			if t.Logf("%d of stack, %d in use", held.stack, held.used); held.stack > usualStack+usualStack/4 {
				t.Errorf("a stack of %d bytes for each stream, %d of it in use; at most %d are wanted", held.stack, held.used, usualStack)
			}
			if held.used > shrinksBelow-leastMargin {
				t.Errorf("%d bytes of the stack are in use; from %d on it is not halved once it has grown, and %d are to be left",
					held.used, shrinksBelow, leastMargin)
			}
		})
		t.Run(name+" over HTTP/2", func(t *testing.T) {
			base := openai.NewTransport()
			base.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
			rt := &telling{rt: openai.NewMultiplexed(base), begun: make(chan struct{}, 1)}
			held := hold(t, from(openai.Provider{BaseURL: serveApart(t) + "/v1", Transport: rt}), rt.begun)
			if t.Logf("%d of stacks, %d in use", held.stack, held.used); held.stack > 2*usualStack+usualStack/2 {
				t.Errorf("stacks of %d bytes for each stream, %d of them in use; at most two of %d are wanted", held.stack, held.used, usualStack)
			}
		})
	}
}

// A holding is what each of some open streams takes.
type holding struct{ stack, used int64 }

// hold has a run open streams, one after the other, so that no stacks lie between
// theirs that are free again, and measures what each takes.
func hold(t *testing.T, p paceline.Provider, begun <-chan struct{}) (h holding) {
	const streams = 200
	e, err := paceline.New(p, paceline.Config{Limits: paceline.Limits{InFlight: 2 * streams}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var before holding
	opened := make(chan holding)
	n := 0
	source := paceline.SourceFunc(func(ctx context.Context) (it paceline.Item, err error) {
		switch n {
		case 0:
			before = measured()
		default:
			<-begun
		}
		if n++; n > streams {
			opened <- measured()
			<-ctx.Done()
			return it, io.EOF
		}
		it.Index = int64(n - 1)
		it.Request = &paceline.Request{Model: "m", Messages: paceline.User("hi")}
		return it, nil
	})
	var ended sync.WaitGroup
	ended.Go(func() {
		_, _ = e.Run(ctx, paceline.Job{Source: source, Sink: paceline.SinkFunc(func(context.Context, *paceline.Result) error { return nil })})
	})
	h = <-opened
	h.stack, h.used = (h.stack-before.stack)/streams, (h.used-before.used)/streams
	cancel()
	ended.Wait()
	_ = e.Shutdown(t.Context()) // nothing is under way
	return h
}

// measured returns the stacks' size once it has stopped to shrink, and how much of
// them is in use.
func measured() (h holding) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/gc/scan/stack:bytes"}}
	for same := 0; same < 3; same++ {
		runtime.GC()
		metrics.Read(samples)
		if now := int64(samples[0].Value.Uint64()); now != h.stack {
			h.stack, same = now, 0
		}
		h.used = int64(samples[1].Value.Uint64())
	}
	return h
}

const (
	endlessHead  = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
	endlessEvent = `data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}` + "\n\n"
)

// endless serves streams that never end on one goroutine, and tells of each.
func endless(t *testing.T, begun chan<- struct{}) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
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
			io.WriteString(nc, endlessHead+endlessEvent)
			begun <- struct{}{}
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

// telling is a transport that tells of each answer.
type telling struct {
	rt    http.RoundTripper
	begun chan struct{}
}

func (t *telling) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.rt.RoundTrip(req)
	t.begun <- struct{}{}
	return res, err
}

// apartVariable has a process of this test serve, instead of testing.
const apartVariable = "PACELINE_TEST_SERVE_STREAMS"

// serveApart serves endless streams over HTTP/2 in another process, whose stacks are
// not measured, until the test is over.
func serveApart(t *testing.T) (url string) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestServeStreams$")
	cmd.Env = append(os.Environ(), apartVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // which ends it
		_ = cmd.Wait()
	})
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return url[:len(url)-1]
}

// It is no test, but what serveApart starts.
func TestServeStreams(t *testing.T) {
	if os.Getenv(apartVariable) == "" {
		t.Skip("started by another test")
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, endlessEvent)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	_, _ = os.Stdout.WriteString(s.URL + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	s.CloseClientConnections()
	s.Close()
}
