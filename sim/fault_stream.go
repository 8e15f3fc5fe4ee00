package sim

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// streamFaults are rows 26 to 32. Where not said otherwise, an unstreamed
// answer goes out as if there were no fault.
func streamFaults() []*fault {
	return []*fault{
		onWire(26, "sse-crlf", "lines end with CR LF", &wire{frame: frameLines("\r\n")}),
		onWire(26, "sse-cr", "lines end with CR", &wire{frame: frameLines("\r")}),
		onWire(26, "sse-bom", "a byte-order mark first", &wire{write: withBOM}),
		onWire(26, "sse-comments", "comments between the events", &wire{frame: frameComments}),
		onWire(26, "sse-multiline", "data over several lines", &wire{frame: frameMultiline}),
		onWire(26, "sse-fields", "event, id and retry fields, and no blank after the colon", &wire{frame: frameFields}),
		onWire(26, "sse-bytes", "each byte written alone", &wire{write: byBytes}),
		onWire(27, "long-line", "a line of 4 MiB", &wire{mid: longLine}),
		onWire(27, "endless-line", "a line that does not end before 256 MiB", &wire{mid: endlessLine}),
		onWire(28, "cut", "a clean end without finish reason and [DONE]; unstreamed: half a body", &wire{
			mid: func(*outlet) bool { return false }, whole: func(c *call, b []byte) { c.half(b) }}),
		onWire(28, "cut-end", "a clean end after the last token, without finish reason and [DONE]", &wire{
			late: func(*outlet) bool { return false }, whole: func(c *call, b []byte) { c.half(b) }}),
		onWire(28, "no-done", "no [DONE] after an answer that is whole: to be accepted", &wire{noDone: true}),
		inStream(29, "stream-error", "an error in the middle of the stream", "", "", false),
		inStream(29, "stream-error-event", "the same with event: error", "event: error\n", "", false),
		inStream(29, "stream-error-done", "the same and then [DONE], as vLLM does", "", "", true),
		inStream(29, "stream-error-object", `an object "error" in the middle of the stream`, "",
			`{"object":"error","message":"The server had an error","type":"InternalServerError","param":null,"code":500}`, false),
		inStream(29, "stream-error-chunk", "an error within a chunk, as OpenRouter sends it", "",
			`{"id":"gen-1","object":"chat.completion.chunk","created":1,"model":"m","error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}`, false),
		inStream(29, "stream-throttled", "a rate limit in the middle of the stream", "",
			`{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}`, false),
		onWire(30, "endless", "tokens without end", &wire{late: endless}),
		onWire(30, "pings", "comments without end in place of the answer's second half", &wire{mid: pings}),
		onWire(31, "after-done", "more chunks after [DONE]", &wire{after: afterDone}),
		{Fault: Fault{"json", 32, "JSON where a stream was asked for"}, json: true},
	}
}

func onWire(row int, name, doc string, w *wire) *fault {
	return &fault{Fault: Fault{name, row, doc}, wire: w}
}

// frameLines frames with another end of line.
func frameLines(end string) func(b, data []byte) []byte {
	return func(b, data []byte) []byte {
		b = append(b, "data: "...)
		b = append(b, data...)
		return append(b, end+end...)
	}
}

func withBOM(o *outlet, b []byte) error {
	if o.bytes == 0 {
		b = append([]byte("\xEF\xBB\xBF"), b...)
	}
	o.bytes += len(b)
	_, err := o.c.w.Write(b)
	return err
}

func frameComments(b, data []byte) []byte {
	b = append(b, ": OPENROUTER PROCESSING\n\n:\n: data: {}\ndata: "...)
	b = append(b, data...)
	return append(b, "\n: within an event\n\n\n"...)
}

// frameMultiline breaks the data where JSON may have a line's end: after its
// first comma.
func frameMultiline(b, data []byte) []byte {
	head, tail, ok := bytes.Cut(data, []byte(`,"object"`))
	b = append(b, "data: "...)
	b = append(b, head...)
	if ok {
		b = append(b, "\ndata: ,\ndata:\ndata: \"object\""...)
		b = append(b, tail...)
	}
	return append(b, "\n\n"...)
}

// frameFields adds fields that mean nothing here, and an empty line of data,
// with which JSON may begin.
func frameFields(b, data []byte) []byte {
	b = append(b, "event: message\nid: "...)
	b = strconv.AppendInt(b, int64(len(b)), 10)
	b = append(b, "\nretry: 3000\nunknown: field\nid\n"...)
	if string(data) != "[DONE]" {
		b = append(b, "data\n"...)
	}
	b = append(b, "data:"...)
	b = append(b, data...)
	return append(b, "\n\n"...)
}

func byBytes(o *outlet, b []byte) error {
	for i := range b {
		if _, err := o.c.w.Write(b[i : i+1]); err != nil {
			return err
		}
		if err := o.c.rc.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// longLine puts a chunk of 4 MiB between the others; its field is not known
// to anybody.
func longLine(o *outlet) bool {
	b := o.a.appendHead(nil, "chat.completion.chunk")
	b = append(b, `,"padding":"`...)
	b = append(b, strings.Repeat("x", 4<<20)...)
	b = append(b, `","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":null}]}`...)
	o.event(b)
	return true
}

func endlessLine(o *outlet) bool {
	o.buf = append(o.buf, `data: {"padding":"`...)
	part := strings.Repeat("x", 64<<10)
	for sent := 0; sent < 256<<20 && o.err == nil && !o.c.gone(); sent += len(part) {
		o.buf = append(o.buf, part...)
		o.flush()
	}
	return false
}

// inStream sends an error in place of the second half: data, or a server
// error if that is "", after the given field lines.
func inStream(row int, name, doc, fields, data string, done bool) *fault {
	if data == "" {
		data = string(statusError(500).append(nil))
	}
	return onWire(row, name, doc+"; unstreamed: as the whole body", &wire{
		mid: func(o *outlet) bool {
			o.buf = append(o.buf, fields...)
			o.event([]byte(data))
			if done {
				o.event([]byte("[DONE]"))
			}
			o.flush()
			return false
		},
		whole: func(c *call, _ []byte) { c.bogus(200, jsonType[0], []byte(data)) },
	})
}

// endless goes on until the client leaves, at a token every 10 ms if the
// configuration says nothing.
func endless(o *outlet) bool {
	for o.err == nil && o.wait(10*time.Millisecond) {
		o.text(0, "content", " more", []string{" more"})
		o.sent++
		o.c.rec.CompletionTokens = o.sent
		o.flush()
	}
	return false
}

// pings sends a comment a second until the client leaves or HangFor is over.
func pings(o *outlet) bool {
	for end := o.due.Add(o.c.s.cfg.HangFor); o.err == nil && o.due.Before(end) && o.wait(time.Second); {
		o.buf = append(o.buf, ": ping\n\n"...)
		o.flush()
	}
	return false
}

// wait sleeps for d in place of a token's time.
func (o *outlet) wait(d time.Duration) bool {
	o.due = o.due.Add(d)
	if gap := o.c.s.cfg.ITL; !gap.zero() {
		o.due = o.due.Add(gap.sample(&o.c.luck) - d)
	}
	return o.c.s.sleep(o.c.r.Context(), o.due)
}

func afterDone(o *outlet) {
	o.text(0, "content", " after the end", nil)
	o.event([]byte("[DONE]"))
}
