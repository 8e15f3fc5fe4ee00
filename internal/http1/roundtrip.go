package http1

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// RoundTrip implements [http.RoundTripper], for what knows nothing else. It reads
// the request's body into memory.
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	res, err := c.Do(req.Context(), &Request{
		TLS: req.URL.Scheme == "https", Address: Address(req.URL),
		Head: headOf(req), Body: body, Close: req.Close,
	}, nobody{})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: strconv.Itoa(res.Status) + " " + http.StatusText(res.Status), StatusCode: res.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: res.Header, Body: res, ContentLength: res.Length, Request: req,
	}, nil
}

func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	if closing := req.Body.Close(); err == nil {
		err = closing
	}
	return body, err
}

// Address returns the host and port that connections to u go to.
func Address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = u.Scheme // which names its port to the dialer
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func headOf(req *http.Request) []byte {
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	var b bytes.Buffer
	b.WriteString(req.Method + " " + req.URL.RequestURI() + " HTTP/1.1\r\nHost: " + host + "\r\n")
	h := req.Header.Clone()
	h.Del("Content-Length")
	if req.Close {
		h.Del("Connection")
	}
	// A buffer takes everything.
	_ = h.Write(&b)
	return b.Bytes()
}

type nobody struct{}

func (nobody) Connected(bool, time.Duration, time.Duration) {}
func (nobody) Wrote(error)                                  {}
func (nobody) FirstByte()                                   {}
