package openai

import (
	"net/http"
	"strings"
	"testing"
)

// BenchmarkWhole is the check and the reading of an answer of 600 bytes that came
// whole, in the usual form and in one that takes the general way.
func BenchmarkWhole(b *testing.B) {
	usual := `{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("an answer of some words ", 10) + `","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":50,"total_tokens":69}}`
	x := &exchange{call: &call{route: &route{family: chat}}, res: &received{status: 200, header: http.Header{"X-Request-Id": {"r1"}}}}
	for name, body := range map[string]string{"usual": usual, "general": strings.Replace(usual, "chat.completion", "completion", 1)} {
		b.Run(name, func(b *testing.B) {
			text := []byte(body)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := x.result(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
