package sim

import (
	"net/http"
	"sync"
	"time"
)

// stream sends the answer token by token: a chunk with the role, one for each
// token, one with the finish reason, one with the usage if asked for, and
// [DONE]. Whatever is due goes out together; the stream waits for nothing but
// the time of the next token.
func (c *call) stream(a *answer) {
	o := newOutlet(c, a)
	defer o.release()
	if !o.open() {
		return
	}
	for i := range a.choices {
		o.chunk(i, func(b []byte) []byte { return a.appendRole(b, i) }, nil, "")
	}
	if !o.tokens() || !o.end() {
		return
	}
	o.write() // the end of the handler flushes
	c.complete = o.err == nil && !c.gone()
}

// outlet is a stream on its way out.
type outlet struct {
	c    *call
	a    *answer
	wire *wire // how it goes wrong, if at all

	*buffers
	due   time.Time
	sent  int // tokens
	bytes int // kept by a wire that writes by itself
	err   error
}

// buffers are used again by later streams.
type buffers struct {
	buf  []byte // framed, not yet written
	data []byte // scratch for one chunk
	head []byte // the beginning that all chunks share
}

var spare = sync.Pool{New: func() any { return &buffers{} }}

func newOutlet(c *call, a *answer) *outlet {
	o := &outlet{c: c, a: a, wire: c.wire(), buffers: spare.Get().(*buffers)}
	o.buf = o.buf[:0]
	o.head = a.appendHead(o.head[:0], "chat.completion.chunk")
	return o
}

// release gives the buffers back, unless a fault has made them huge.
func (o *outlet) release() {
	if cap(o.buf)+cap(o.data) < 256<<10 {
		spare.Put(o.buffers)
	}
}

// open sends the header when the first token is about to come, and reports
// whether the stream is to go on.
func (o *outlet) open() bool {
	c := o.c
	h := c.w.Header()
	h["Content-Type"] = streamType
	h.Set("Cache-Control", "no-cache")
	if c.r.ProtoAtLeast(1, 1) && c.r.ProtoMajor == 1 {
		h.Set("Transfer-Encoding", "chunked") // however short the stream is
	}
	c.accepted = true
	o.due = c.from.Add(c.s.cfg.TTFT.sample(&c.luck))
	if !c.s.sleep(c.r.Context(), o.due) {
		c.leave()
		return false
	}
	c.rec.Status = http.StatusOK
	return true
}

// tokens sends every token when its time has come.
func (o *outlet) tokens() bool {
	n := o.a.longest()
	for t := range n {
		if t > 0 && !o.pause() {
			return false
		}
		if o.wire != nil && o.wire.mid != nil && t == n/2 {
			o.flush()
			if !o.wire.mid(o) {
				return false
			}
		}
		for i := range o.a.choices {
			o.token(i, t)
		}
		if len(o.buf) >= 32<<10 {
			o.flush()
		}
		if o.err != nil {
			o.c.leave()
			return false
		}
	}
	return true
}

// pause waits for the next token's time.
func (o *outlet) pause() bool {
	gap := o.c.s.cfg.ITL
	if o.wire != nil && o.wire.gap > 0 {
		o.due = o.due.Add(o.wire.gap)
	} else if gap.zero() {
		return true
	} else {
		o.due = o.due.Add(gap.sample(&o.c.luck))
	}
	if time.Until(o.due) > 0 {
		o.flush()
	}
	if !o.c.s.sleep(o.c.r.Context(), o.due) {
		o.c.leave()
		return false
	}
	return true
}

// token sends the t-th token of a choice, if it has that many: its reasoning,
// then its content or its refusal, then its calls' arguments.
func (o *outlet) token(i, t int) {
	ch := &o.a.choices[i]
	if t >= ch.tokens() {
		return
	}
	o.sent++
	o.c.rec.CompletionTokens = o.sent
	if t < len(ch.reasoning) {
		o.text(i, o.a.reasoning, ch.reasoning[t], nil)
		return
	}
	t -= len(ch.reasoning)
	if t < len(ch.content) {
		o.text(i, "content", ch.content[t], ch.content[t:t+1])
		return
	}
	t -= len(ch.content)
	if t < len(ch.refusal) {
		o.text(i, "refusal", ch.refusal[t], nil)
		return
	}
	t -= len(ch.refusal)
	for k := range ch.calls {
		if args := ch.calls[k].arguments; t < len(args) {
			o.argument(i, k, t)
			return
		}
		t -= len(ch.calls[k].arguments)
	}
}

func (o *outlet) text(i int, field, text string, logged []string) {
	o.chunk(i, func(b []byte) []byte {
		b = append(b, '{')
		b = appendString(b, field)
		b = append(b, ':')
		return append(appendString(b, text), '}')
	}, logged, "")
}

// argument sends the t-th token of a tool call's arguments; before the first
// of them goes a chunk with the call's id and name.
func (o *outlet) argument(i, k, t int) {
	tc := &o.a.choices[i].calls[k]
	if t == 0 {
		o.chunk(i, func(b []byte) []byte {
			b = o.a.appendCallHead(b, k)
			b = append(b, `"id":`...)
			b = appendString(b, tc.id)
			b = append(b, `,"type":"function","function":{"name":`...)
			b = appendString(b, tc.name)
			return append(b, `,"arguments":""}}]}`...)
		}, nil, "")
	}
	o.chunk(i, func(b []byte) []byte {
		b = o.a.appendCallHead(b, k)
		b = append(b, `"function":{"arguments":`...)
		b = appendString(b, tc.arguments[t])
		return append(b, "}}]}"...)
	}, nil, "")
}

// appendCallHead appends a tool call's delta up to where its index is told.
func (a *answer) appendCallHead(b []byte, k int) []byte {
	b = append(b, `{"tool_calls":[{`...)
	if a.indexes == indexMissing {
		return b
	}
	b = append(b, `"index":`...)
	switch a.indexes {
	case indexRepeated:
		k = 0
	case indexFromOne:
		k++
	}
	return append(appendInt(b, k), ',')
}

// end sends the finish reasons, the usage and the end mark.
func (o *outlet) end() bool {
	if o.wire != nil && o.wire.late != nil {
		if o.flush(); !o.wire.late(o) {
			return false
		}
	}
	for i := range o.a.choices {
		o.chunk(i, func(b []byte) []byte { return append(b, "{}"...) }, nil, o.a.choices[i].finish)
	}
	if o.c.query.IncludeUsage && o.a.usage != "-" {
		o.data = append(o.data[:0], o.head...)
		o.data = append(o.data, `,"choices":[],"usage":`...)
		o.data = append(o.a.appendUsage(o.data), '}')
		o.event(o.data)
	}
	if o.wire == nil || !o.wire.noDone {
		o.event([]byte("[DONE]"))
	}
	if o.wire != nil && o.wire.after != nil {
		o.wire.after(o)
	}
	return true
}

// chunk sends one choice's delta.
func (o *outlet) chunk(i int, delta func([]byte) []byte, logged []string, finish string) {
	b := append(o.data[:0], o.head...)
	if o.a.noChoices != "" {
		b = append(b, `,"choices":`...)
		b = append(b, o.a.noChoices...)
	} else {
		b = append(b, `,"choices":[{"index":`...)
		b = appendInt(b, i)
		b = append(b, `,"delta":`...)
		b = delta(b)
		b = append(b, `,"logprobs":`...)
		if o.a.logProbs && finish == "" {
			b = o.a.appendLogProbs(b, logged)
		} else {
			b = append(b, "null"...)
		}
		b = append(b, `,"finish_reason":`...)
		b = append(appendNullable(b, finish), "}]"...)
	}
	if o.c.query.IncludeUsage {
		b = append(b, `,"usage":null`...)
	}
	b = append(b, '}')
	if o.a.edit != nil {
		b = o.a.edit(b)
	}
	o.data = b
	o.event(b)
}

// event frames one event's data.
func (o *outlet) event(data []byte) {
	if o.wire != nil && o.wire.frame != nil {
		o.buf = o.wire.frame(o.buf, data)
		return
	}
	o.buf = append(o.buf, "data: "...)
	o.buf = append(o.buf, data...)
	o.buf = append(o.buf, "\n\n"...)
}

// flush sends all that is framed.
func (o *outlet) flush() {
	if len(o.buf) == 0 || o.err != nil {
		return
	}
	o.write()
	o.flushNow()
}

// write hands all that is framed to the HTTP server.
func (o *outlet) write() {
	if o.err == nil && o.wire != nil && o.wire.write != nil {
		o.err = o.wire.write(o, o.buf)
	} else if o.err == nil {
		_, o.err = o.c.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
}

func (o *outlet) flushNow() {
	if err := o.c.rc.Flush(); o.err == nil {
		o.err = err
	}
}

// appendRole appends the first delta of a choice.
func (a *answer) appendRole(b []byte, i int) []byte {
	if a.choices[i].calls != nil {
		return append(b, `{"role":"assistant","content":null,"refusal":null}`...)
	}
	return append(b, `{"role":"assistant","content":"","refusal":null}`...)
}
