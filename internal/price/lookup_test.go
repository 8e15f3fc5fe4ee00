package price

import (
	"fmt"
	"testing"

	"github.com/seed-1814a72b/paceline"
)

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		model, url      string
		provider, found string // found "": unknown
	}{
		{"gpt-4o-mini", "", "openai", "gpt-4o-mini"},
		{"gpt-4o-mini", "https://api.openai.com/v1", "openai", "gpt-4o-mini"},
		{"GPT-4o-Mini", "https://API.openai.com/v1/", "openai", "gpt-4o-mini"},
		{"gpt-4o-mini-2024-07-18", "https://api.openai.com/v1", "openai", "gpt-4o-mini"},
		{"gpt-4o-2024-05-13", "https://api.openai.com/v1", "openai", "gpt-4o-2024-05-13"},
		{"openai/gpt-4o-mini", "https://api.openai.com/v1", "openai", "gpt-4o-mini"},
		{"openai/gpt-4o-mini", "https://openrouter.ai/api/v1", "openrouter", "openai/gpt-4o-mini"},
		{"openai/gpt-4o-mini-2024-07-18", "https://openrouter.ai/api/v1", "openrouter", "openai/gpt-4o-mini-2024-07-18"},
		{"models/gemini-2.5-flash", "https://generativelanguage.googleapis.com/v1beta/openai/", "google", "gemini-2.5-flash"},
		{"llama-3.3-70b-versatile", "https://api.groq.com/openai/v1", "groq", "llama-3.3-70b-versatile"},
		{"gpt-4o", "https://acme.openai.azure.com/openai/deployments/gpt-4o", "azure", "gpt-4o"},
		{"claude-haiku-4-5-20251001", "https://api.anthropic.com/v1", "anthropic", "claude-haiku-4-5-20251001"},
		{"claude-haiku-4-5-20990101", "https://api.anthropic.com/v1", "anthropic", "claude-haiku-4-5"},

		{"gpt-4o-mini", "http://localhost:8000/v1", "", ""},
		{"gpt-4o-mini", "http://127.0.0.1:8080/v1", "", ""},
		{"gpt-4o-mini", "https://gateway.example.com/v1", "", ""},
		{"gpt-4o-mini", "https://api.openai.com.example.com/v1", "", ""},
		{"gpt-4o-mini", "https://evilapi.openai.com", "", ""},
		{"gpt-4o-mini", "https://openai.azure.com/", "", ""},
		{"gpt-4o-mini", "://", "", ""},
		{"gpt-4o-mini", "api.openai.com/v1", "", ""},
		{"gpt-4-0613", "", "", ""},
		{"gpt-99", "", "", ""},
		{"", "", "", ""},
		{"openai/", "", "", ""},
		{"ft:gpt-4o-mini-2024-07-18:acme::x1", "", "", ""},
		{"openai/gpt-4o-mini:free", "https://openrouter.ai/api/v1", "", ""},
		{"meta/gpt-4o-mini", "", "", ""},
		{"llama-3.3-70b-versatile", "https://api.openai.com/v1", "", ""},
	} {
		p, ok := Lookup(tt.model, tt.url)
		if ok != (tt.found != "") || ok != p.Known() || p.Provider != tt.provider || p.Model != tt.found {
			t.Errorf("%s at %q: got %+v, %v", tt.model, tt.url, p, ok)
		}
	}
}

func TestLookupPrefersTheLongestPath(t *testing.T) {
	s := &snapshot{at: map[string][]place{
		"x.example": {{"/zen", "zen"}, {"/zen/go", "go"}, {"/zen/go", "went"}},
	}}
	for url, want := range map[string]string{
		"https://x.example/zen/v1":    "[zen]",
		"https://x.example/zen/go/v1": "[go went]",
		"https://x.example/zengo":     "[]",
		"https://x.example":           "[]",
	} {
		if got := fmt.Sprint(s.providers(url)); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}

func TestSnapshot(t *testing.T) {
	s, err := decode(packed)
	if err != nil {
		t.Fatal(err)
	}
	if s.asOf != AsOf {
		t.Errorf("AsOf is %s, the snapshot's date %s", AsOf, s.asOf)
	}
	if len(packed) >= 200<<10 {
		t.Errorf("the snapshot takes %d bytes", len(packed))
	}
	count := 0
	for provider, models := range s.models {
		for id, p := range models {
			count++
			if p.Input < 0 || p.Output < 0 || p.Cached <= 0 && p.Input > 0 || p.Input+p.Output == 0 {
				t.Errorf("%s %s: %+v", provider, id, p)
			}
		}
	}
	if count < 5000 || len(s.at) < 150 {
		t.Errorf("only %d models at %d hosts", count, len(s.at))
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, line := range [][]string{
		{"m", "p", "id", "x", "1", "", "1", "1"},
		{"m", "p", "id", "1", "x", "", "1", "1"},
		{"m", "p", "id", "1", "1", "x", "1", "1"},
		{"m", "p", "id", "1", "1", "", "x", "1"},
		{"m", "p", "id", "1", "1", "", "1", "x"},
		{"m", "p", "id", "1", "1", "", "1", "1", "x", "1", "1", ""},
		{"m", "p", "id", "1", "1", "", "1", "1", "1", "x", "1", ""},
		{"m", "p", "id"},
		{"?"},
	} {
		s := &snapshot{at: map[string][]place{}, models: map[string]map[string]Price{}}
		if err := s.add(line); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
	if _, err := decode([]byte("not gzip")); err == nil {
		t.Error("what is no gzip was accepted")
	}
	if _, err := decode(packed[:len(packed)/2]); err == nil {
		t.Error("half a snapshot was accepted")
	}
}

func ExampleLookup() {
	p, ok := Lookup("gpt-4o-mini-2024-07-18", "https://api.openai.com/v1")
	fmt.Println(ok, USD(p.Cost(paceline.Usage{Prompt: 120, Completion: 8, Known: true})))

	_, ok = Lookup("smollm2", "http://localhost:8080/v1")
	fmt.Println(ok)
	// Output:
	// true $0.000023
	// false
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(packed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCost(b *testing.B) {
	b.ReportAllocs()
	p, _ := Lookup("gpt-4o-mini", "")
	u := paceline.Usage{Prompt: 1000, Completion: 100, Cached: 10, Known: true}
	for b.Loop() {
		if !p.Cost(u).Known {
			b.Fatal("unknown")
		}
	}
}
