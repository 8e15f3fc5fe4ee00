package pool

import (
	"strings"
	"testing"
)

func variables(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestFindEndpoint(t *testing.T) {
	tests := []struct {
		name      string
		env       []string
		flags     Flags
		host, key string
		err       string
	}{
		{name: "default", env: []string{"OPENAI_API_KEY", "k"}, host: "api.openai.com", key: "k"},
		{name: "environment", env: []string{"OPENAI_API_KEY", "k", "OPENAI_BASE_URL", "https://a.example.com/v1"}, host: "a.example.com", key: "k"},
		{name: "flag over environment", env: []string{"OPENAI_API_KEY", "k", "OPENAI_BASE_URL", "https://a.example.com/v1"},
			flags: Flags{baseURL: "http://b.example.com:81"}, host: "b.example.com:81", key: "k"},
		{name: "another variable", env: []string{"OPENAI_API_KEY", "k", "OTHER", "o"}, flags: Flags{keyEnv: "OTHER"}, host: "api.openai.com", key: "o"},
		{name: "local needs none", flags: Flags{baseURL: "http://localhost:8000/v1"}, host: "localhost:8000"},
		{name: "missing key", err: "OPENAI_API_KEY is not set, and api.openai.com wants a key"},
		{name: "missing key of another variable", flags: Flags{keyEnv: "OTHER"}, err: "--api-key-env: OTHER is not set; "},
		{name: "missing key of a local server's variable", flags: Flags{keyEnv: "OTHER", baseURL: "http://localhost:8000/v1"}, err: "--api-key-env: OTHER is not set; "},
		{name: "no scheme", flags: Flags{baseURL: "api.example.com/v1"}, err: `--base-url: "api.example.com/v1" is not a base URL; write it like https://`},
		{name: "whole address", flags: Flags{baseURL: "https://a.example.com/v1/chat/completions/"},
			err: "--base-url: a base URL ends before /chat/completions, which is added; write https://a.example.com/v1"},
		{name: "whole address with a query", flags: Flags{baseURL: "https://a.example.com/openai/deployments/d/chat/completions?api-version=2024&sig=secret"},
			err: "--base-url: a base URL has no /chat/completions in it, which is added; write https://a.example.com/openai/deployments/d, and behind it the ? with what follows"},
		{name: "fragment", flags: Flags{baseURL: "https://a.example.com/v1#x"}, err: "--base-url: a base URL has no #"},
		{name: "bad environment", env: []string{"OPENAI_BASE_URL", "ftp://x"}, err: "OPENAI_BASE_URL: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.flags.keyEnv == "" {
				tt.flags.keyEnv = "OPENAI_API_KEY"
			}
			e, err := findEndpoint(variables(tt.env...), &tt.flags, true)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || e.Host != tt.host || e.key != tt.key {
				t.Errorf("got %q %q, %v; want %q %q", e.Host, e.key, err, tt.host, tt.key)
			}
		})
	}
}

func TestFault66BadBaseURLKeepsItsSecrets(t *testing.T) {
	for _, base := range []string{
		"https://user:SECRET@a.example.com", "a.example.com?key=SECRET", "ftp://a.example.com/?key=SECRET",
		"https://a.example.com/%zz?key=SECRET", "https://user:SECRET@x y",
	} {
		_, err := parseBaseURL(base)
		if err == nil {
			t.Errorf("%q was taken", base)
		} else if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
}

func TestFault67KeyWithBlanks(t *testing.T) {
	if key, err := readKey(variables("K", " \tsk-1\r\n"), "K"); key != "sk-1" || err != nil {
		t.Errorf("got %q, %v; blanks around a key are cut", key, err)
	}
	for _, bad := range []string{"sk-1\nsk-2", "sk 1", "sk-\x00", "sk-é"} {
		_, err := readKey(variables("K", bad), "K")
		if err == nil || strings.Contains(err.Error(), "sk") {
			t.Errorf("key %q: error %v, want one that does not repeat it", bad, err)
		}
	}
}

func TestIsOwnServer(t *testing.T) {
	tests := map[string]bool{
		"localhost": true, "127.0.0.1": true, "::1": true, "10.1.2.3": true, "192.168.0.9": true,
		"vllm": true, "gpu.local": true, "gpu.internal": true, "api.openai.com": false, "8.8.8.8": false,
		"2001:4860:4860::8888": false, "local.example.com": false,
	}
	for host, want := range tests {
		if got := isOwnServer(host); got != want {
			t.Errorf("isOwnServer(%q) = %v, want %v", host, got, want)
		}
	}
}
