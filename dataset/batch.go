package dataset

import (
	"fmt"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
)

// endpoints is the allow-list of what a batch line may call, below the base
// URL.
var endpoints = []string{paceline.ChatCompletions, "/completions", "/embeddings", "/responses"}

// BatchPath returns the [paceline.Request.Path] for the url of an OpenAI Batch
// request line, such as "/v1/chat/completions" (the "/v1" may be missing).
// False: the url is not one of the endpoints that may be called, which are
// chat/completions, completions, embeddings and responses.
func BatchPath(url string) (path string, ok bool) {
	url = strings.TrimPrefix(url, "/v1")
	for _, e := range endpoints {
		if url == e {
			return e, true
		}
	}
	return "", false
}

// isBatch reports whether the item is an OpenAI Batch request line: it has a
// custom_id, a url and a body, and the body is an object.
func (f *itemFields) isBatch(text []byte) bool {
	return !f.customID.None() && !f.url.None() && !f.body.None() && text[f.body.From] == '{'
}

// request makes the call that a batch line asks for, its body byte for byte.
func (f *itemFields) request(text []byte) (*paceline.Request, error) {
	if m := f.method.Of(text); len(m) > 0 && string(m) != `"POST"` {
		return nil, fmt.Errorf("batch line: method must be \"POST\", not %s", brief(m))
	}
	url := f.url.Of(text)
	path, ok := "", false
	if url[0] == '"' {
		path, ok = BatchPath(unquote(url))
	}
	if !ok {
		return nil, fmt.Errorf("batch line: url %s is not allowed: it must be one of /v1%s",
			brief(url), strings.Join(endpoints, ", /v1"))
	}
	return &paceline.Request{Body: f.body.Of(text), Path: path}, nil
}

// brief returns a JSON token short enough for a message.
func brief(token []byte) string {
	const most = 60
	if len(token) <= most {
		return string(token)
	}
	return string(token[:most]) + "..."
}
