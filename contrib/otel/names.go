package otel

import (
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
)

// operation returns the name of what a path below the base URL asks for.
func operation(path string) string {
	switch path = strings.Trim(path, "/"); path {
	case "", "chat/completions", "responses", "messages":
		return "chat"
	case "completions":
		return "text_completion"
	}
	return path
}

// providers are the names of providers by the ends of their hosts' names.
var providers = []struct {
	host string
	name attribute.KeyValue
}{
	{"openai.azure.com", semconv.GenAIProviderNameAzureAIOpenAI},
	{"services.ai.azure.com", semconv.GenAIProviderNameAzureAIInference},
	{"anthropic.com", semconv.GenAIProviderNameAnthropic},
	{"mistral.ai", semconv.GenAIProviderNameMistralAI},
	{"groq.com", semconv.GenAIProviderNameGroq},
	{"deepseek.com", semconv.GenAIProviderNameDeepseek},
	{"perplexity.ai", semconv.GenAIProviderNamePerplexity},
	{"x.ai", semconv.GenAIProviderNameXAI},
	{"cohere.com", semconv.GenAIProviderNameCohere},
	{"generativelanguage.googleapis.com", semconv.GenAIProviderNameGCPGemini},
	{"aiplatform.googleapis.com", semconv.GenAIProviderNameGCPVertexAI},
	{"amazonaws.com", semconv.GenAIProviderNameAWSBedrock},
}

// server returns the attributes of a base URL: provider, address and port. Whom
// nobody knows but speaks OpenAI's format is "openai", as the conventions have it.
func server(baseURL string) []attribute.KeyValue {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" {
		return []attribute.KeyValue{semconv.GenAIProviderNameOpenAI}
	}
	name := semconv.GenAIProviderNameOpenAI
	for _, p := range providers {
		if host := u.Hostname(); host == p.host || strings.HasSuffix(host, "."+p.host) {
			name = p.name
			break
		}
	}
	return []attribute.KeyValue{name, semconv.ServerAddress(u.Hostname()), semconv.ServerPort(port(u))}
}

func port(u *url.URL) int {
	n, err := strconv.Atoi(u.Port())
	switch {
	case err == nil:
		return n
	case u.Scheme == "http":
		return 80
	}
	return 443
}
