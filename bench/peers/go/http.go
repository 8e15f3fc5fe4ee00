package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/valyala/fasthttp"
)

// find returns the text in an answer or a chunk; it may point into it.
type find func([]byte) ([]byte, error)

// body returns the JSON of a request.
func body(prompt string, stream bool) []byte {
	b, err := json.Marshal(struct {
		Model    string    `json:"model"`
		Messages []message `json:"messages"`
		Stream   bool      `json:"stream,omitempty"`
	}{model, []message{{"user", prompt}}, stream})
	if err != nil {
		panic(err) // strings
	}
	return b
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// buffers hold answers while they are looked at.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// lines are readers of streams.
var lines = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// plain is net/http as it comes.
type plain struct {
	url         string
	http        *http.Client
	text, piece find
}

func newPlain(o options, text, piece find) client {
	return plain{o.url + "/chat/completions", &http.Client{Transport: transport(o)}, text, piece}
}

func (c plain) post(ctx context.Context, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer none")
	resp, err := c.http.Do(req)
	if err == nil && resp.StatusCode != 200 {
		resp.Body.Close()
		err = fmt.Errorf("HTTP %s", resp.Status)
	}
	return resp, err
}

func (c plain) whole(ctx context.Context, prompt string) (string, error) {
	resp, err := c.post(ctx, body(prompt, false))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if _, err := b.ReadFrom(resp.Body); err != nil {
		return "", err
	}
	text, err := c.text(b.Bytes())
	return string(text), err
}

func (c plain) streamed(ctx context.Context, prompt string) (string, error) {
	resp, err := c.post(ctx, body(prompt, true))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	return read(resp.Body, c.piece)
}

// read puts a stream's text together, and reads it to its end, so that the
// connection can be used again.
func read(stream io.Reader, piece find) (string, error) {
	r := lines.Get().(*bufio.Reader)
	r.Reset(stream)
	defer lines.Put(r)
	var text []byte
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		data, ok := bytes.CutPrefix(line, dataName)
		switch {
		case !ok:
		case bytes.HasPrefix(data, doneWord):
			_, err := io.Copy(io.Discard, r)
			return string(text), err
		default:
			t, err := piece(data)
			if err != nil {
				return "", err
			}
			text = append(text, t...)
		}
	}
}

// fast is fasthttp.
type fast struct {
	url  string
	http *fasthttp.Client
}

func newFast(o options) client {
	return fast{o.url + "/chat/completions", &fasthttp.Client{MaxConnsPerHost: o.concurrency, StreamResponseBody: o.mode == "stream"}}
}

func (c fast) do(prompt string, stream bool, take func(*fasthttp.Response) (string, error)) (string, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(c.url)
	req.Header.SetMethod("POST")
	req.Header.SetContentType("application/json")
	req.Header.Set("Authorization", "Bearer none")
	req.SetBodyRaw(body(prompt, stream))
	if err := c.http.Do(req, resp); err != nil {
		return "", err
	}
	if resp.StatusCode() != 200 {
		return "", fmt.Errorf("HTTP %d", resp.StatusCode())
	}
	return take(resp)
}

func (c fast) whole(_ context.Context, prompt string) (string, error) {
	return c.do(prompt, false, func(resp *fasthttp.Response) (string, error) {
		text, err := scanText(resp.Body())
		return string(text), err
	})
}

func (c fast) streamed(_ context.Context, prompt string) (string, error) {
	return c.do(prompt, true, func(resp *fasthttp.Response) (string, error) {
		return read(resp.BodyStream(), scanPiece)
	})
}
