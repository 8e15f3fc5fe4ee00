package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

// canned is a connection on which an answer comes in pieces of so many bytes.
type canned struct {
	net.Conn
	answer []byte
	piece  int
}

func (c *canned) Read(p []byte) (int, error) {
	if len(c.answer) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.piece)], c.answer)
	c.answer = c.answer[n:]
	return n, nil
}

func (c *canned) Write(p []byte) (int, error)      { return len(p), nil }
func (c *canned) Close() error                     { return nil }
func (c *canned) SetDeadline(time.Time) error      { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }

// ours returns what our client makes of an answer.
func ours(answer []byte, piece int) (int, http.Header, []byte, error) {
	c := &http1.Client{Dial: func(context.Context, string, string) (net.Conn, error) {
		return &canned{answer: answer, piece: piece}, nil
	}}
	defer c.CloseIdle()
	res, err := c.Do(context.Background(), post("test:80", nil), new(watch))
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Close()
	body, err := io.ReadAll(res)
	return res.Status, res.Header, body, err
}

// theirs returns what net/http makes of it.
func theirs(answer []byte) (int, http.Header, []byte, error) {
	r := bufio.NewReader(bytes.NewReader(answer))
	for range 17 {
		res, err := http.ReadResponse(r, &http.Request{Method: "POST"})
		if err != nil {
			return 0, nil, nil, err
		}
		if res.StatusCode >= 200 {
			body, err := io.ReadAll(res.Body)
			return res.StatusCode, res.Header, body, err
		}
	}
	return 0, nil, nil, io.ErrNoProgress
}

// What is taken for an answer is one for net/http, and the same one, however it
// is cut into pieces.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n00\r\nA: b\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\nabc",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200\nA: b\n c\nA: d\n\nabc",
		"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
	} {
		f.Add([]byte(seed), byte(1))
	}
	f.Fuzz(func(t *testing.T, answer []byte, piece byte) {
		status, header, body, err := ours(answer, 1<<20)
		status2, header2, body2, err2 := ours(answer, 1+int(piece))
		if status != status2 || !reflect.DeepEqual(header, header2) || !bytes.Equal(body, body2) || (err == nil) != (err2 == nil) {
			t.Fatalf("in one: %d %v %q %v\nin pieces: %d %v %q %v", status, header, body, err, status2, header2, body2, err2)
		}
		if err != nil {
			return
		}
		status2, header2, body2, err2 = theirs(answer)
		if status != status2 || !bytes.Equal(body, body2) || err2 != nil {
			t.Fatalf("ours: %d %v %q\nnet/http: %d %v %q %v", status, header, body, status2, header2, body2, err2)
		}
	})
}
