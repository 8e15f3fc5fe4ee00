package sim

import (
	"bufio"
	"fmt"
	"iter"
	"net"
	"net/http"
	"strings"
	"time"
)

// connFaults are rows 15 to 25. Refused connections, DNS and a lack of file
// descriptors are for [Network.FailDials], bad certificates for [Certificate].
func connFaults() []*fault {
	return []*fault{
		{Fault: Fault{"reset", 15, "a reset before the response"}, instead: func(c *call) { c.hijack(reset) }},
		{Fault: Fault{"close", 15, "the connection closed before the response"}, instead: func(c *call) { c.hijack(nil) }},
		{Fault: Fault{"garbage", 15, "bytes that are not HTTP"}, instead: func(c *call) { c.hijack(garbage) }},
		{Fault: Fault{"stale", 16, "an answer on a connection that drops the request after it"}, json: true, wire: &wire{whole: stale}},
		{Fault: Fault{"body-reset", 17, "a reset in the middle of the answer"}, wire: &wire{
			mid: func(o *outlet) bool { o.c.hijack(reset); return false }, whole: func(c *call, b []byte) { c.half(b); c.hijack(reset) }}},
		{Fault: Fault{"hang", 18, "accepted, then silence before the header"}, instead: func(c *call) { c.hang() }},
		{Fault: Fault{"hang-headers", 18, "the header, then silence"}, instead: hangHeaders},
		{Fault: Fault{"stall", 18, "silence in the middle of the answer"}, wire: &wire{
			mid: func(o *outlet) bool { o.c.hang(); return false }, whole: func(c *call, b []byte) { c.half(b); c.hang() }}},
		{Fault: Fault{"drip", 19, "5 s between tokens"}, wire: &wire{gap: dripGap, whole: drip}},
		{Fault: Fault{"goaway", 22, "HTTP/2: GOAWAY with the answer; HTTP/1.1: the connection closes after it"}, wire: &wire{},
			answer: func(c *call, _ *answer) { c.w.Header().Set("Connection", "close") }},
	}
}

const dripGap = 5 * time.Second

// hijack takes the connection from the HTTP server, has do use it, and closes
// it. It does not return: the call is over. Over HTTP/2, where there is no
// connection to take, the stream is reset.
func (c *call) hijack(do func(*call, net.Conn, *bufio.ReadWriter)) {
	conn, rw, err := c.rc.Hijack()
	if err != nil {
		c.abort()
	}
	defer c.abort()
	defer conn.Close()
	defer c.s.forget(conn)
	if c.s.keep(conn) && do != nil {
		do(c, conn, rw)
	}
}

// reset makes the coming Close send a reset instead of an end.
func reset(_ *call, conn net.Conn, _ *bufio.ReadWriter) {
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = t.NetConn()
	}
	if l, ok := conn.(interface{ SetLinger(int) error }); ok {
		l.SetLinger(0) // at worst the client sees an end
	}
}

func garbage(_ *call, conn net.Conn, _ *bufio.ReadWriter) {
	conn.Write([]byte("\x15\x03\x01\x00\x02\x02\x16SSH-2.0-OpenSSH_9.6\r\n\r\n"))
}

func hugeHeaders(c *call) {
	c.rec.Status = http.StatusOK
	c.hijack(func(_ *call, conn net.Conn, _ *bufio.ReadWriter) {
		w := bufio.NewWriterSize(conn, 64<<10)
		fmt.Fprint(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n")
		pad := strings.Repeat("x", 1000)
		for i := range 12_000 {
			if _, err := fmt.Fprintf(w, "X-Pad-%d: %s\r\n", i, pad); err != nil {
				return // the client has had enough
			}
		}
		fmt.Fprint(w, "\r\n{}")
		w.Flush()
	})
}

// short announces more than it sends.
func short(c *call, body []byte) {
	c.hijack(func(_ *call, conn net.Conn, _ *bufio.ReadWriter) {
		writeRaw(conn, body, len(body)+100)
	})
}

func writeRaw(conn net.Conn, body []byte, length int) {
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length, body)
}

// stale answers as if the connection could be used again, and closes it when
// the next request comes.
func stale(c *call, body []byte) {
	c.complete = true
	c.hijack(func(c *call, conn net.Conn, rw *bufio.ReadWriter) {
		writeRaw(conn, body, len(body))
		conn.SetReadDeadline(time.Now().Add(c.s.cfg.HangFor))
		rw.ReadByte() // or the client, the server or the deadline ends it
	})
}

// begin sends the header of an answer.
func (c *call) begin() {
	c.rec.Status = http.StatusOK
	c.w.Header()["Content-Type"] = jsonType
	if c.query.Stream && !c.fault.wholeAnswer() {
		c.w.Header()["Content-Type"] = streamType
	}
	c.w.WriteHeader(http.StatusOK)
	c.rc.Flush()
}

// half sends the first half of an unstreamed answer.
func (c *call) half(body []byte) {
	c.begin()
	c.w.Write(body[:len(body)/2])
	c.rc.Flush()
}

// hang is silent until the client leaves or HangFor is over, and drops the
// connection.
func (c *call) hang() {
	c.s.sleep(c.r.Context(), time.Now().Add(c.s.cfg.HangFor))
	c.abort()
}

func hangHeaders(c *call) {
	c.accepted = true
	c.begin()
	c.hang()
}

// drip sends an unstreamed answer in twenty pieces, dripGap apart.
func drip(c *call, body []byte) {
	c.begin()
	for piece := range pieces(body, 20) {
		if !c.s.sleep(c.r.Context(), time.Now().Add(dripGap)) {
			c.leave()
			return
		}
		c.w.Write(piece)
		c.rc.Flush()
	}
	c.complete = !c.gone()
}

// pieces yields b in about n pieces.
func pieces(b []byte, n int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		size := len(b)/n + 1
		for len(b) > 0 {
			k := min(size, len(b))
			if !yield(b[:k]) {
				return
			}
			b = b[k:]
		}
	}
}
