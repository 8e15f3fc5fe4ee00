package http1

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// readHead reads the header of the answer, those of interim answers before it, and
// settles how the body ends.
func (r *Response) readHead(w Watcher) error {
	for range maxInterim {
		head, err := r.head(w)
		if err != nil {
			return err
		}
		if err := r.parse(head); err != nil {
			return err
		}
		if r.Status >= 200 {
			return r.frame()
		}
		if r.Status == http.StatusSwitchingProtocols {
			return fmt.Errorf("%w: it changes to another protocol", ErrMalformed)
		}
	}
	return fmt.Errorf("%w: nothing but interim answers", ErrMalformed)
}

// maxInterim is how many interim answers may come before the one that counts.
const maxInterim = 16

// head reads the lines up to a blank one, and returns them, each with its end, as
// a string.
func (r *Response) head(w Watcher) (string, error) {
	cn := r.conn
	var long []byte // of a header that is longer than the buffer
	most := cn.client.maxHeader()
	for {
		b := cn.buffered()
		if len(b) > 0 && !r.begun {
			r.begun = true
			w.FirstByte()
		}
		if end := headEnd(long, b); end >= 0 {
			if len(long) > 0 {
				b = append(long, b[:end]...)
			}
			head := string(b[:len(long)+end])
			cn.take(end)
			if len(head) > most {
				return "", ErrHeaderTooLarge
			}
			return head, nil
		}
		if len(long) == 0 && !beginsAnswer(b) {
			return "", fmt.Errorf("%w: no status line", ErrMalformed)
		}
		if len(long)+len(b) > most {
			return "", ErrHeaderTooLarge
		}
		if len(b) == bufferSize {
			long = append(long, b...)
			cn.take(len(b))
		}
		if err := cn.fill(); err != nil {
			return "", headError(err, len(long)+len(b) > 0)
		}
	}
}

// beginsAnswer reports whether what has come may be the beginning of an answer: whoever
// speaks something else, and then waits, is not waited for.
func beginsAnswer(b []byte) bool {
	const version = "HTTP/"
	n := min(len(b), len(version))
	return string(b[:n]) == version[:n]
}

// headError returns the error of a connection that ends within a header, or before.
func headError(err error, begun bool) error {
	switch {
	case err != io.EOF:
		return err
	case begun:
		return io.ErrUnexpectedEOF
	}
	return ErrNoAnswer
}

// headEnd returns where in b the blank line ends that follows the header's lines,
// of which long came before; -1: not yet.
func headEnd(long, b []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		if endsBlank(long, b[:from-1]) {
			return from
		}
	}
}

// endsBlank reports whether the line is blank that ends behind these bytes.
func endsBlank(long, b []byte) bool {
	last := func(n int) byte {
		if n <= len(b) {
			return b[len(b)-n]
		}
		if n -= len(b); n <= len(long) {
			return long[len(long)-n]
		}
		return 0
	}
	return last(1) == '\n' || last(1) == '\r' && last(2) == '\n'
}

// parse reads a status line and fields.
func (r *Response) parse(head string) error {
	line, rest := cutLine(head)
	version, status, ok := strings.Cut(line, " ")
	if !ok || version != "HTTP/1.1" && version != "HTTP/1.0" {
		return fmt.Errorf("%w: no status line", ErrMalformed)
	}
	code, _, _ := strings.Cut(strings.TrimLeft(status, " "), " ")
	n, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || n < 100 {
		return fmt.Errorf("%w: no status in its first line", ErrMalformed)
	}
	r.Status = n
	r.old = version == "HTTP/1.0"
	r.final = r.old
	r.Header, err = parseFields(rest)
	return err
}

// cutLine returns the first line, without its end, and what is behind.
func cutLine(s string) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// parseFields reads a header's fields, up to the blank line.
func parseFields(s string) (http.Header, error) {
	n := strings.Count(s, "\n")
	h, values := make(http.Header, n), make([]string, 0, n)
	for {
		line, rest := cutLine(s)
		if line == "" {
			return h, nil
		}
		if folded(rest) {
			line, rest = unfold(line, rest)
		}
		name, value, err := splitField(line)
		if err != nil {
			return nil, err
		}
		name = canonical(name)
		values = append(values, value)
		if have := h[name]; have != nil {
			h[name] = append(have, values[len(values)-1])
		} else {
			h[name] = values[len(values)-1 : len(values) : len(values)]
		}
		s = rest
	}
}

// folded reports whether a line goes on in what is behind it (obs-fold).
func folded(rest string) bool { return rest != "" && (rest[0] == ' ' || rest[0] == '\t') }

// unfold returns a line that goes on as one.
func unfold(line, rest string) (string, string) {
	parts := []string{line}
	for folded(rest) {
		line, rest = cutLine(rest)
		parts = append(parts, strings.Trim(line, " \t"))
	}
	return strings.Join(parts, " "), rest
}

// splitField returns the name and the value of a field's line.
func splitField(line string) (name, value string, err error) {
	name, value, ok := strings.Cut(line, ":")
	switch {
	case !ok || !isToken(name):
		return "", "", fmt.Errorf("%w: a line of its header has no name", ErrMalformed)
	case hasControl(value):
		return "", "", fmt.Errorf("%w: a control character in its header", ErrMalformed)
	}
	return name, strings.Trim(value, " \t"), nil
}

// canonical returns a field's name as http.Header has it.
func canonical(name string) string {
	if c, ok := usual[name]; ok {
		return c
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// usual are names that servers send in small letters.
var usual = func() map[string]string {
	m := make(map[string]string)
	for _, name := range []string{
		"Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "Date", "Server", "Vary", "Via",
		"Cache-Control", "Keep-Alive", "Set-Cookie", "Strict-Transport-Security", "X-Content-Type-Options",
		"X-Request-Id", "Request-Id", "Retry-After", "Cf-Ray", "Cf-Cache-Status", "Alt-Svc", "Access-Control-Allow-Origin",
		"X-Ratelimit-Limit-Requests", "X-Ratelimit-Limit-Tokens", "X-Ratelimit-Remaining-Requests",
		"X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Requests", "X-Ratelimit-Reset-Tokens",
		"Openai-Model", "Openai-Organization", "Openai-Processing-Ms", "Openai-Version",
	} {
		m[strings.ToLower(name)] = name
		m[name] = name
	}
	return m
}()

// isToken reports whether s may be a field's name.
func isToken(s string) bool {
	for i := range len(s) {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return s != ""
}

// tokenBytes are those of which a token is made (RFC 9110, 5.6.2).
var tokenBytes = func() (t [256]bool) {
	for c := range t {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			strings.IndexByte("!#$%&'*+-.^_`|~", byte(c)) >= 0
	}
	return t
}()

// hasControl reports whether s has a byte that no value of a field may have (RFC
// 9110, 5.5).
func hasControl(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// frame settles how the body ends, and whether the connection can be used again.
func (r *Response) frame() error {
	r.final = r.final || hasToken(r.Header["Connection"], "close")
	if r.Status == http.StatusNoContent || r.Status == http.StatusNotModified {
		return nil
	}
	length, err := contentLength(r.Header["Content-Length"])
	if err != nil {
		return err
	}
	switch coding := r.Header["Transfer-Encoding"]; {
	case len(coding) > 0 && r.old:
		return fmt.Errorf("%w: a transfer encoding in HTTP/1.0, which has none", ErrMalformed)
	case len(coding) > 0:
		r.Length = -1
		r.body.kind = chunked
		r.final = r.final || length >= 0 // both are told: one is a lie (RFC 9112, 6.3)
		if len(coding) != 1 || !strings.EqualFold(coding[0], "chunked") {
			return fmt.Errorf("%w: an unknown transfer encoding", ErrMalformed)
		}
	case length >= 0:
		r.Length, r.body.left = length, length
	default:
		r.Length, r.final = -1, true
		r.body.kind = untilEnd
	}
	return nil
}

// contentLength returns the length that is told, -1 if none is.
func contentLength(all []string) (int64, error) {
	length := int64(-1)
	for _, value := range all {
		for one := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(strings.Trim(one, " \t"), 10, 63)
			if err != nil || length >= 0 && length != int64(n) {
				return 0, fmt.Errorf("%w: its length", ErrMalformed)
			}
			length = int64(n)
		}
	}
	return length, nil
}

func hasToken(values []string, token string) bool {
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.Trim(one, " \t"), token) {
				return true
			}
		}
	}
	return false
}
