package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// show renders every event of a stream, in one line each, and how it ended.
func show(t testing.TB, r io.Reader, maxLine int) string {
	t.Helper()
	var b strings.Builder
	d := NewDecoder(r, maxLine)
	next := d.Next
	if p, ok := r.(*polled); ok {
		next = p.next(t, d)
	}
	for {
		ev, err := next()
		if err != nil {
			if _, again := next(); again != err {
				t.Fatalf("error changed from %v to %v", err, again)
			}
			fmt.Fprintf(&b, "%v", err)
			return b.String()
		}
		kind := "event"
		if ev.Comment {
			kind = "comment"
		}
		if ev.Unterminated {
			kind = "unterminated"
		}
		fmt.Fprintf(&b, "%s %q %q id=%s retry=%s\n", kind, ev.Name, ev.Data, d.LastID(), d.Retry())
	}
}

var streams = []struct{ name, in, want string }{
	{"empty", "", "EOF"},
	{"blank lines", "\n\r\n\r\r\n", "EOF"},
	{"one", "data: x\n\n", "event \"\" \"x\" id= retry=\nEOF"},
	{"CRLF", "event: a\r\ndata: x\r\n\r\n", "event \"a\" \"x\" id= retry=\nEOF"},
	{"CR", "event: a\rdata: x\r\rdata: y\r\r",
		"event \"a\" \"x\" id= retry=\nevent \"\" \"y\" id= retry=\nEOF"},
	{"mixed ends", "data: x\r\n\ndata: y\n\r\ndata: z\r\r",
		"event \"\" \"x\" id= retry=\nevent \"\" \"y\" id= retry=\nevent \"\" \"z\" id= retry=\nEOF"},
	{"BOM", "\xef\xbb\xbfdata: x\n\n", "event \"\" \"x\" id= retry=\nEOF"},
	{"second BOM is a field", "\xef\xbb\xbf\xef\xbb\xbfdata: x\n\n", "EOF"},
	{"several data lines", "data: a\ndata:b\ndata:  c\ndata\ndata:\n\n",
		"event \"\" \"a\\nb\\n c\\n\\n\" id= retry=\nEOF"},
	{"empty data is an event", "data\n\ndata:\n\n",
		"event \"\" \"\" id= retry=\nevent \"\" \"\" id= retry=\nEOF"},
	{"no data is none", "event: ping\n\ndata: x\n\n", "event \"\" \"x\" id= retry=\nEOF"},
	{"last name counts", "event: a\nevent: b\ndata: x\n\n", "event \"b\" \"x\" id= retry=\nEOF"},
	{"comment", ": OPENROUTER PROCESSING\n:\n\ndata: x\n\n",
		"comment \"\" \"OPENROUTER PROCESSING\" id= retry=\ncomment \"\" \"\" id= retry=\n" +
			"event \"\" \"x\" id= retry=\nEOF"},
	{"comment inside an event", "data: a\n: c\ndata: b\n\n",
		"comment \"\" \"c\" id= retry=\nevent \"\" \"a\\nb\" id= retry=\nEOF"},
	{"id and retry", "id: 7\nretry: 250\ndata: x\n\nid\nretry: 1s\ndata: y\n\nid: a\x00b\ndata: z\n\n",
		"event \"\" \"x\" id=7 retry=250\nevent \"\" \"y\" id= retry=250\nevent \"\" \"z\" id= retry=250\nEOF"},
	{"unknown fields", "foo: bar\nDATA: no\n data: no\ndata : no\ndata: x\n\n",
		"event \"\" \"x\" id= retry=\nEOF"},
	{"colons in the value", "data::a: b\n\n", "event \"\" \":a: b\" id= retry=\nEOF"},
	{"no last blank line", "data: a\n\ndata: [DONE]\n",
		"event \"\" \"a\" id= retry=\nunterminated \"\" \"[DONE]\" id= retry=\nEOF"},
	{"no last line end", "event: e\ndata: [DO", "unterminated \"e\" \"[DO\" id= retry=\nEOF"},
	{"name only at the end", "event: e", "EOF"},
	{"invalid UTF-8 goes through", "data: \xff\xc3\n\n", "event \"\" \"\\xff\\xc3\" id= retry=\nEOF"},
}

func TestFault26Specification(t *testing.T) {
	for _, c := range streams {
		t.Run(c.name, func(t *testing.T) {
			if got := show(t, strings.NewReader(c.in), 0); got != c.want {
				t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
			}
		})
	}
}

// pieces is a reader that ends a read at each of the given offsets.
type pieces struct {
	rest string
	cut  int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.rest == "" {
		return 0, io.EOF
	}
	n := len(p.rest)
	if p.cut > 0 && p.cut < n {
		n = p.cut
	}
	n = copy(b, p.rest[:n])
	p.rest, p.cut = p.rest[n:], 0
	return n, nil
}

func TestFault26SplitAnywhere(t *testing.T) {
	for _, c := range streams {
		for cut := 1; cut < len(c.in); cut++ {
			if got := show(t, &pieces{c.in, cut}, 0); got != c.want {
				t.Errorf("%s: %q split at %d\n got %s\nwant %s", c.name, c.in, cut, got, c.want)
			}
		}
		if got := show(t, iotest.OneByteReader(strings.NewReader(c.in)), 0); got != c.want {
			t.Errorf("%s: %q byte by byte\n got %s\nwant %s", c.name, c.in, got, c.want)
		}
		if got := show(t, iotest.DataErrReader(strings.NewReader(c.in)), 0); got != c.want {
			t.Errorf("%s: end with the data\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// polled is a reader that has nothing before each of its reads. Its next polls.
type polled struct {
	io.Reader
	fills bool // what has come is read before it is polled again
	ready bool
}

func (p *polled) Read(b []byte) (int, error) {
	if p.ready = !p.ready; p.ready {
		return 0, nil
	}
	return p.Reader.Read(b)
}

// next returns what is Next for a decoder that is polled. Where nothing of a line
// has come it must hold no buffer.
func (p *polled) next(t testing.TB, d *Decoder) func() (Event, error) {
	return func() (Event, error) {
		for {
			ev, ok, err := d.Poll()
			if ok || err != nil {
				return ev, err
			}
			if d.pos == d.end && d.buf != nil {
				t.Fatalf("%d bytes are held for nothing", len(d.buf))
			}
			if p.fills {
				d.Fill()
			}
		}
	}
}

func TestPollingGivesTheSameEvents(t *testing.T) {
	for _, c := range streams {
		for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in)), iotest.DataErrReader(strings.NewReader(c.in))} {
			if got := show(t, &polled{Reader: r}, 0); got != c.want {
				t.Errorf("%s: %q\n got %s\nwant %s", c.name, c.in, got, c.want)
			}
		}
		for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in)), iotest.DataErrReader(strings.NewReader(c.in))} {
			if got := show(t, &polled{Reader: r, fills: true}, 0); got != c.want {
				t.Errorf("%s: %q, filled\n got %s\nwant %s", c.name, c.in, got, c.want)
			}
		}
	}
}

func TestFault27LongLines(t *testing.T) {
	for _, mib := range []int{1, 16} {
		text := strings.Repeat("é", mib<<19)
		in := "data: x\n\ndata: " + text + "\n\ndata: y\n\n"
		d := NewDecoder(strings.NewReader(in), 0)
		for i, want := range []string{"x", text, "y"} {
			ev, err := d.Next()
			if err != nil || string(ev.Data) != want {
				t.Fatalf("%d MiB, event %d: %d bytes, %v", mib, i, len(ev.Data), err)
			}
		}
		if _, err := d.Next(); err != io.EOF {
			t.Fatalf("%d MiB: %v at the end", mib, err)
		}
	}
}

func TestFault27AboveTheCap(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"at the cap", "data: 01234\n\n", "event \"\" \"01234\" id= retry=\nEOF"},
		{"one line", "data: 0123456\n\ndata: x\n\n", ErrTooLong.Error()},
		{"unterminated", "data: 0123456", ErrTooLong.Error()},
		{"joined lines", "data: 01234\ndata: 01234\ndata: 01234\n\n", ErrTooLong.Error()},
		{"comment", ": 0123456789abc\n", ErrTooLong.Error()},
		{"endless line", "data: " + strings.Repeat("x", 100_000), ErrTooLong.Error()},
	}
	for _, c := range cases {
		for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			if got := show(t, r, 11); got != c.want {
				t.Errorf("%s: got %s, want %s", c.name, got, c.want)
			}
		}
	}
}

func TestReadErrorsAreKept(t *testing.T) {
	cut := errors.New("cut")
	in := io.MultiReader(strings.NewReader("data: a\n\ndata: b\n"), iotest.ErrReader(cut))
	want := "event \"\" \"a\" id= retry=\ncut"
	if got := show(t, in, 0); got != want {
		t.Errorf("got %s, want %s: a cut event is not handed out", got, want)
	}
	if got := show(t, idle{}, 0); got != io.ErrNoProgress.Error() {
		t.Errorf("a reader of nothing: %s", got)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestBufferIsDroppedAfterAHugeLine(t *testing.T) {
	in := "data: " + strings.Repeat("x", 1<<20) + "\n\n"
	d := NewDecoder(io.MultiReader(strings.NewReader(in), strings.NewReader("data: y\n\n")), 0)
	for range 2 {
		if _, err := d.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if cap(d.buf) > keepBuffer || cap(d.data) > keepBuffer {
		t.Errorf("kept %d and %d bytes", cap(d.buf), cap(d.data))
	}
}

func TestResetForgetsTheOldStream(t *testing.T) {
	d := NewDecoder(strings.NewReader("id: 1\nretry: 5\nevent: e\ndata: x\r"), 0)
	if ev, err := d.Next(); err != nil || !ev.Unterminated {
		t.Fatalf("%+v, %v", ev, err)
	}
	d.Reset(strings.NewReader("\ndata: y\n\n"), 0)
	ev, err := d.Next()
	if err != nil || len(ev.Name) != 0 || string(ev.Data) != "y" || d.LastID() != "" || d.Retry() != "" {
		t.Errorf("%+v, %v, id %q, retry %q", ev, err, d.LastID(), d.Retry())
	}
}

func chunkStream(n int) []byte {
	chunk := `data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,` +
		`"model":"gpt-4o-mini","service_tier":"default","system_fingerprint":"fp_44709d6fcb",` +
		`"choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}],` +
		`"usage":null}` + "\n\n"
	return append(bytes.Repeat([]byte(chunk), n), "data: [DONE]\n\n"...)
}

func BenchmarkDecoder(b *testing.B) {
	const events = 1000
	stream := chunkStream(events)
	d := NewDecoder(nil, 0)
	r := bytes.NewReader(nil)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(stream)
		d.Reset(r, 0)
		for {
			if _, err := d.Next(); err != nil {
				break
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(events+1), "ns/event")
}

func TestNoAllocationPerEvent(t *testing.T) {
	stream := chunkStream(500)
	d := NewDecoder(nil, 0)
	r := bytes.NewReader(nil)
	allocs := testing.AllocsPerRun(10, func() {
		r.Reset(stream)
		d.Reset(r, 0)
		for {
			if _, err := d.Next(); err != nil {
				break
			}
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations for 501 events", allocs)
	}
}
