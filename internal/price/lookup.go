package price

import (
	"net/url"
	"regexp"
	"strings"
)

// Lookup returns the listed price of a model at a base URL. The URL's host
// (and path, where providers share a host) names the provider; "" means
// OpenAI. It reports false, and the zero Price, for what it does not know: a
// host that is nobody's (a local server, a gateway), a model that the provider
// does not list, one listed at no price, a fine-tuned one.
//
// Beside its exact id, letter case aside, a model is found under its date
// ("gpt-4o-mini-2024-07-18"), under the provider's own name
// ("openai/gpt-4o-mini" at OpenAI) and under "models/" as Google writes it. A
// dated id that is listed itself keeps its own price.
//
// Lookup is safe for concurrent use; its first call decodes the snapshot.
func Lookup(model, baseURL string) (Price, bool) {
	s := load()
	for _, provider := range s.providers(baseURL) {
		if p, ok := s.find(provider, strings.ToLower(strings.TrimSpace(model))); ok {
			return p, true
		}
	}
	return Price{}, false
}

// providers returns who may answer at baseURL: usually one or none.
func (s *snapshot) providers(baseURL string) []string {
	if baseURL == "" {
		return []string{"openai"}
	}
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil
	}
	host := strings.ToLower(u.Hostname())
	if at := s.at[host]; at != nil {
		return longest(at, u.Path)
	}
	for i, c := range host {
		if at := s.at["*"+host[i:]]; c == '.' && at != nil {
			return longest(at, u.Path)
		}
	}
	return nil
}

// longest returns the providers of the longest path that path lies below.
func longest(at []place, path string) (providers []string) {
	best := -1
	for _, p := range at {
		switch {
		case !below(path, p.path) || len(p.path) < best:
		case len(p.path) > best:
			best, providers = len(p.path), []string{p.provider}
		default:
			providers = append(providers, p.provider)
		}
	}
	return providers
}

// below reports whether path is dir or lies below it.
func below(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, dir)
	return ok && (rest == "" || dir == "" || rest[0] == '/')
}

// find looks a model in lower case up at one provider.
func (s *snapshot) find(provider, model string) (Price, bool) {
	models := s.models[provider]
	for _, id := range [...]string{
		model,
		strings.TrimPrefix(model, provider+"/"),
		strings.TrimPrefix(model, "models/"),
	} {
		for _, id := range [...]string{id, dated.ReplaceAllString(id, "")} {
			if p, ok := models[id]; ok {
				return p, true
			}
		}
	}
	return Price{}, false
}

// dated matches the date that a version ends in: -2024-07-18, -20240718 or
// @20240718. Shorter numbers (gpt-4-0613) name models of their own.
var dated = regexp.MustCompile(`[-@](20\d{2}-\d{2}-\d{2}|20\d{6})$`)
