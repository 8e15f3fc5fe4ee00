package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	paceline "github.com/seed-1814a72b/paceline"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestFault66KeysAreInNoError(t *testing.T) {
	const key = "sk-canary/ABC+123456"
	p := Provider{Key: key, BaseURL: "http://user:pass-canary-9@test.invalid/v1?key=query-canary-1&api-version=2024-06-01",
		Header: http.Header{"X-Api-Token": {"header-canary-2"}}}
	echo := `{"error":{"message":"key sk-canary/ABC+123456 or sk-canary\/ABC+123456 or sk-canary%2FABC%2B123456 pass-canary-9 query-canary-1","code":"header-canary-2"}}`
	h := http.Header{"X-Request-Id": {key}, "X-Echo": {"a " + key}}
	for name, rt := range map[string]transport{
		"401": answer(401, h, echo), "200": answer(200, h, echo), "stream": answer(200, h, "data: "+echo+"\n\n"), "HTML": answer(500, h, "<html>"+echo),
		"chunk": answer(200, h, "data: {"+key+"\n\n"), "connect": fails(errors.New("post to ?key=query-canary-1 with " + key)),
	} {
		p.Transport = rt
		_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
		e, ok := errors.AsType[*paceline.Error](err)
		if !ok {
			t.Fatalf("%s: %v", name, err)
		}
		all := fmt.Sprintf("%v %+v %s %v %v", e, *e, e.Body, e.Header, e.Err)
		if strings.Contains(all, "canary") {
			t.Errorf("%s: %s", name, all)
		}
	}
	if h.Get("X-Echo") != "a "+key {
		t.Error("the response's own header was changed")
	}
}

// A request id goes into journals: one that echoes the key does not, of an answer
// and of an attempt that was given up after its header.
func TestFault66KeysAreInNoRequestID(t *testing.T) {
	const key = "sk-canary-123456"
	h := http.Header{"X-Request-Id": {"req of " + key}}
	p := Provider{Key: key, BaseURL: "http://test.invalid", Transport: answer(200, h, wholeAnswer)}
	resp, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
	if err != nil || resp.RequestID == "" || strings.Contains(resp.RequestID, "canary") {
		t.Errorf("%v, %+v", err, resp)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.Transport = transport(func(r *http.Request) (*http.Response, error) {
		cancel()
		res, err := answer(200, h, wholeAnswer)(r)
		res.Body = io.NopCloser(iotest.ErrReader(context.Canceled))
		return res, err
	})
	_, err = p.Attempt(ctx, &paceline.Request{Model: "m"}, nil)
	e, ok := errors.AsType[*paceline.Error](err)
	if !ok || e.Code != paceline.CodeCanceled || e.Status != 200 || !strings.HasPrefix(e.RequestID, "req of") || strings.Contains(e.RequestID, "canary") {
		t.Errorf("%+v", err)
	}
}

func TestFault67BlanksInKeys(t *testing.T) {
	var got http.Header
	rt := transport(func(r *http.Request) (*http.Response, error) {
		got = r.Header
		return answer(200, nil, wholeAnswer)(r)
	})
	p := Provider{Key: "\t sk-canary-123456\r\n", BaseURL: "http://test.invalid", Transport: rt}
	if _, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil); err != nil || got.Get("Authorization") != "Bearer sk-canary-123456" {
		t.Errorf("%v, sent %q", err, got.Get("Authorization"))
	}
	for _, key := range []string{"sk-canary 123", "sk-canary\n123", "sk-canary\x00", "sk-canary\u00a0x", "sk-canaryé"} {
		p.Key = key
		_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
		if paceline.CodeOf(err) != paceline.CodeAuth || strings.Contains(err.Error(), "canary") || p.Validate() == nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	var got *http.Request
	rt := transport(func(r *http.Request) (*http.Response, error) {
		got = r
		return answer(200, nil, wholeAnswer)(r)
	})
	p := Provider{Key: "sk-canary-123456", KeyHeader: "api-key", BaseURL: "https://x.invalid/openai/deployments/d/?api-version=v1",
		Header: http.Header{"openai-organization": {"org"}, "User-Agent": {"mine"}}, Transport: rt}
	if _, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil); err != nil {
		t.Fatal(err)
	}
	if u := got.URL.String(); u != "https://x.invalid/openai/deployments/d/chat/completions?api-version=v1" {
		t.Errorf("asked %s", u)
	}
	for name, want := range map[string]string{"Api-Key": "sk-canary-123456", "Authorization": "", "Openai-Organization": "org",
		"User-Agent": "mine", "Content-Type": "application/json", "Accept-Encoding": "identity"} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
}

func TestValidate(t *testing.T) {
	if err := (Provider{}).Validate(); err != nil {
		t.Errorf("the zero value: %v", err)
	}
	bad := Provider{Key: "a b", BaseURL: "ftp://canary@x", KeyHeader: "a b", MaxLine: -1, Header: http.Header{"idempotency-key": {"x"}}}
	err := bad.Validate()
	if err == nil || strings.Count(err.Error(), "\n") != 4 || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
	for _, url := range []string{"api.openai.com/v1", "://", "http://", "http://[::1", "file:///x"} {
		if (Provider{BaseURL: url}).Validate() == nil {
			t.Errorf("%q passes", url)
		}
	}
	for _, path := range []string{"chat", "//evil.invalid/x", "/../x", "/x?y", "/a b", "/x\\y"} {
		_, _, err := ask(answer(200, nil, wholeAnswer), path)
		if paceline.CodeOf(err) != paceline.CodeInvalidRequest {
			t.Errorf("path %q: %v", path, err)
		}
	}
}
