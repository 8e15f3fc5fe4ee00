package openai

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
)

const (
	redacted = "[redacted]"

	// Shorter values are place-holders ("none", "EMPTY", "ollama"): they
	// guard nothing, and replacing them would garble messages.
	minSecret = 8
)

// cleanKey returns the key without white space around it. A key with white
// space or control characters inside is refused, and not repeated.
func cleanKey(key string) (string, error) {
	key = strings.TrimSpace(key)
	for i := range len(key) {
		if key[i] <= ' ' || key[i] >= 0x7f {
			return "", errors.New("openai: key contains a blank, a line break or another character that no key has")
		}
	}
	return key, nil
}

// secrets are the texts that may stand in no error.
type secrets []string

// newSecrets collects the key, the password and query values of the base URL
// and the values of the extra headers that look like credentials.
func newSecrets(key string, base *url.URL, header http.Header) secrets {
	var s secrets
	s = s.add(key)
	if password, ok := base.User.Password(); ok {
		s = s.add(password)
	}
	if base.RawQuery != "" {
		for name, vals := range base.Query() {
			if name != "api-version" {
				s = s.add(vals...)
			}
		}
	}
	for name, vals := range header {
		if isCredential(name) {
			s = s.add(vals...)
		}
	}
	return s
}

func (s secrets) add(vals ...string) secrets {
	for _, v := range vals {
		v = strings.TrimPrefix(strings.TrimSpace(v), "Bearer ")
		if len(v) < minSecret {
			continue
		}
		s = append(s, v)
		if q := url.QueryEscape(v); q != v {
			s = append(s, q, strings.ReplaceAll(v, "/", `\/`))
		}
	}
	return s
}

func isCredential(header string) bool {
	h := strings.ToLower(header)
	for _, part := range []string{"auth", "key", "token", "secret", "cookie", "password"} {
		if strings.Contains(h, part) {
			return true
		}
	}
	return false
}

// text returns t with every secret replaced.
func (s secrets) text(t string) string {
	for _, secret := range s {
		t = strings.ReplaceAll(t, secret, redacted)
	}
	return t
}

// clean redacts every part of an error that a server or a library filled.
func (s secrets) clean(e *paceline.Error) *paceline.Error {
	e.RequestID = s.text(e.RequestID)
	if e.Code == paceline.CodeCanceled {
		return e // the rest was made by us, around the caller's own cause
	}
	e.Message = oneLine(s.text(e.Message))
	e.ProviderCode = s.text(e.ProviderCode)
	for _, secret := range s {
		if bytes.Contains(e.Body, []byte(secret)) {
			e.Body = bytes.ReplaceAll(e.Body, []byte(secret), []byte(redacted))
		}
	}
	e.Header = s.header(e.Header)
	if e.Err != nil {
		// The chain goes when it would print a secret: a lost errors.Is
		// is cheaper than a leaked key.
		if text := e.Err.Error(); s.text(text) != text {
			e.Err = errors.New(s.text(text))
		}
	}
	return e
}

// header returns h, copied if anything in it had to be replaced.
func (s secrets) header(h http.Header) http.Header {
	copied := false
	for name, vals := range h {
		for i, v := range vals {
			clean := s.text(v)
			if clean == v {
				continue
			}
			if !copied {
				h, copied = h.Clone(), true
			}
			h[name][i] = clean
		}
	}
	return h
}

// oneLine keeps a server's words to one line of reasonable length.
func oneLine(text string) string {
	const longest = 2000
	if strings.ContainsAny(text, "\r\n\t") {
		text = strings.Join(strings.Fields(text), " ")
	}
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return text
}
