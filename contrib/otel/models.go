package otel

import (
	"sync"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
)

// maxModels is how many models are told apart in metrics, as the engine does;
// the others are "other".
const maxModels = 64

// models bounds the names of models in metrics. It is safe for concurrent use.
type models struct {
	mu    sync.RWMutex
	known map[string]bool
}

// label returns name, or "other".
func (m *models) label(name string) string {
	m.mu.RLock()
	known := m.known[name]
	m.mu.RUnlock()
	if known {
		return name
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if name == "" || !m.known[name] && len(m.known) >= maxModels {
		return "other"
	}
	if m.known == nil {
		m.known = map[string]bool{}
	}
	m.known[name] = true
	return name
}

// modelOf returns the model that a request asks for: its body goes first, as it
// goes out.
func modelOf(req *paceline.Request) string {
	if m := gjson.GetBytes(req.Body, "model"); m.Exists() {
		return m.String()
	}
	return req.Model
}
