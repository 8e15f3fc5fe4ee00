package pool

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

const defaultBaseURL = "https://api.openai.com/v1"

// An Endpoint is where calls go, and with what key.
type Endpoint struct {
	BaseURL string
	Shown   string // the base URL without a query, for people
	Host    string // of the base URL, with its port if it names one
	key     string // "" only for a server of one's own
	keyEnv  string // the variable that the key comes from, for messages

	Name   string // its number, from 1, if it was given none
	pooled bool   // it is one of --endpoint
	weight float64
	Limits
	Models map[string]Limits // further limits of single models; never changed, but replaced
}

// Flag names the flag that the endpoint's address stands in.
func (e *Endpoint) Flag() string {
	if e.pooled {
		return "the URL of --endpoint " + e.Name
	}
	return "--base-url"
}

// findEndpoint settles base URL and key: the flag goes before the environment.
// needKey is false for a run that sends nothing.
func findEndpoint(getenv func(string) string, f *Flags, needKey bool) (Endpoint, error) {
	base, from := f.baseURL, "--base-url"
	if base == "" {
		base, from = getenv("OPENAI_BASE_URL"), "OPENAI_BASE_URL"
	}
	if base == "" {
		base, from = defaultBaseURL, "the default"
	}
	u, err := parseBaseURL(base)
	if err != nil {
		return Endpoint{}, fmt.Errorf("%s: %w", from, err)
	}
	e := Endpoint{BaseURL: base, Shown: ShownURL(u), Host: u.Host, keyEnv: f.keyEnv, Name: "1", Limits: f.Limits}
	e.key, err = readKey(getenv, f.keyEnv)
	if err != nil {
		return Endpoint{}, err
	}
	if e.key == "" && needKey && f.keyEnv != defaultKeyEnv {
		return Endpoint{}, fmt.Errorf("--api-key-env: %s is not set; 'export %s=...', or leave the flag out", f.keyEnv, f.keyEnv)
	}
	if e.key == "" && needKey && !isOwnServer(u.Hostname()) {
		return Endpoint{}, fmt.Errorf("%s is not set, and %s wants a key; 'export %s=...', or name another variable with --api-key-env",
			f.keyEnv, u.Host, f.keyEnv)
	}
	return e, nil
}

// parseBaseURL checks a base URL. Its errors do not repeat credentials that
// stand in it.
func parseBaseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil:
		return nil, fmt.Errorf("not a URL; write it like %s", defaultBaseURL)
	case u.User != nil:
		return nil, fmt.Errorf("a base URL carries no name or password; put the key into OPENAI_API_KEY")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("%q is not a base URL; write it like %s", ShownURL(u), defaultBaseURL)
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), paceline.ChatCompletions):
		base := *u
		base.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), paceline.ChatCompletions)
		if u.RawQuery != "" { // Azure's api-version, perhaps; some put a key there
			return nil, fmt.Errorf("a base URL has no %s in it, which is added; write %s, and behind it the ? with what follows", paceline.ChatCompletions, ShownURL(&base))
		}
		return nil, fmt.Errorf("a base URL ends before %s, which is added; write %s", paceline.ChatCompletions, ShownURL(&base))
	case u.Fragment != "":
		return nil, fmt.Errorf("a base URL has no #; leave out what follows it")
	}
	return u, nil
}

// ShownURL returns u without its query, in which some put a key.
func ShownURL(u *url.URL) string {
	shown := *u
	shown.RawQuery, shown.ForceQuery = "", false
	return strings.TrimSuffix(shown.String(), "/")
}

// Provider returns what speaks to the endpoint. Azure wants its key in a
// header of its own.
func (e Endpoint) Provider(noStream bool) openai.Provider {
	p := openai.Provider{BaseURL: e.BaseURL, Key: e.key, NoStream: noStream}
	if u, err := url.Parse(e.BaseURL); err == nil && strings.HasSuffix(u.Hostname(), ".azure.com") {
		p.KeyHeader = "api-key"
	}
	return p
}

// readKey returns the key in the variable name, without the blanks and line
// ends around it. A key with such inside is refused, unseen.
func readKey(getenv func(string) string, name string) (string, error) {
	key := strings.TrimSpace(getenv(name))
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", fmt.Errorf("the key in %s has a blank, a line end or another character in it that no key has; set it again", name)
	}
	return key, nil
}

// isOwnServer reports whether host is a machine of one's own, which needs no
// key: this one, a private address, or a name that no public server has.
func isOwnServer(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, suffix := range []string{".localhost", ".local", ".internal", ".lan", ".test"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return !strings.Contains(host, ".")
}

// KeyAdvice says what to do where the endpoint wants another key. It names the
// variable and never the key.
func (e *Endpoint) KeyAdvice() string {
	switch {
	case e.keyEnv == "":
		return fmt.Sprintf("%s wants a key: add key= to --endpoint %s, with the name of the environment variable that holds it", e.Host, e.Name)
	case e.key == "":
		return fmt.Sprintf("%s wants a key: put one into %s", e.Host, e.keyEnv)
	}
	return fmt.Sprintf("%s refused the key in %s: set one that it takes", e.Host, e.keyEnv)
}
