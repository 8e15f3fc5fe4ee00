package serve

import (
	"fmt"
	"strconv"
	"strings"
)

// The sizes of the answers.
const (
	BodySize  = 600 // bytes of an unstreamed answer's body
	ChunkSize = 250 // bytes of an event of a stream, with its framing as an event
	Chunks    = 100 // events of a stream, without the last "[DONE]"
)

// Content is the text of an unstreamed answer, StreamContent that of a stream.
// Clients check what they received against their lengths.
var (
	Content       = strings.Repeat("an answer of some words ", 10)
	StreamContent = streamContent()
)

const (
	id    = "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT"
	model = "bench"
)

// jsonAnswer returns the whole response of /json.
func jsonAnswer() []byte {
	body := padded(BodySize, `{"id":"`+id+`","object":"chat.completion","created":1741569952,"model":"`+model+`",`+
		`"choices":[{"index":0,"message":{"role":"assistant","content":"`+Content+`","refusal":null},"logprobs":null,"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":19,"completion_tokens":50,"total_tokens":69},"system_fingerprint":"fp_`, `"}`)
	return []byte(head("application/json") + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// streamHead returns the head of a streamed response.
func streamHead() []byte {
	return []byte(head("text/event-stream; charset=utf-8") + "Transfer-Encoding: chunked\r\n\r\n")
}

func head(contentType string) string {
	return "HTTP/1.1 200 OK\r\nDate: Mon, 10 Mar 2025 01:25:52 GMT\r\nContent-Type: " + contentType +
		"\r\nX-Request-Id: req_0123456789abcdef0123456789abcdef\r\n"
}

// streamEvents returns the events of a stream, each as a chunk of HTTP/1.1. The
// end of the response is with the last one, since servers send it so.
func streamEvents() [][]byte {
	events := make([][]byte, Chunks)
	for i := range events {
		events[i] = framed(event(i))
	}
	end := append(framed("data: [DONE]\n\n"), "0\r\n\r\n"...)
	events[Chunks-1] = append(events[Chunks-1], end...)
	return events
}

// event returns the i-th event of a stream: the role, then pieces of text, then
// why it ended, then the usage.
func event(i int) string {
	choices := `[{"index":0,"delta":{"content":"` + piece(i) + `"},"finish_reason":null}]`
	usage := ""
	switch i {
	case 0:
		choices = `[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]`
	case Chunks - 2:
		choices = `[{"index":0,"delta":{},"finish_reason":"stop"}]`
	case Chunks - 1:
		choices, usage = `[]`, `,"usage":{"prompt_tokens":19,"completion_tokens":97,"total_tokens":116}`
	}
	return padded(ChunkSize, `data: {"id":"`+id+`","object":"chat.completion.chunk","created":1741569952,"model":"`+model+`",`+
		`"choices":`+choices+usage+`,"system_fingerprint":"fp_`, "\"}\n\n")
}

func piece(i int) string { return fmt.Sprintf(" token%02d", i) }

func streamContent() string {
	var b strings.Builder
	for i := 1; i < Chunks-2; i++ {
		b.WriteString(piece(i))
	}
	return b.String()
}

// padded returns before and after with as many zeros between them as make size
// bytes of it.
func padded(size int, before, after string) string {
	return before + strings.Repeat("0", size-len(before)-len(after)) + after
}

func framed(event string) []byte {
	return fmt.Appendf(nil, "%x\r\n%s\r\n", len(event), event)
}
