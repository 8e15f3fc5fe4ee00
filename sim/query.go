package sim

import (
	"strings"

	"github.com/tidwall/gjson"
)

// A Query is what a request asks for, as [Config.Answer] sees it.
type Query struct {
	Body   string // the request's body
	Model  string
	System string // the text of all system and developer messages
	User   string // the text of the last user message

	Stream       bool
	IncludeUsage bool // of a stream
	MaxTokens    int  // 0: not limited
	N            int  // choices asked for, at least 1

	LogProbs    bool
	TopLogProbs int

	Format string // of response_format: "", "text", "json_object" or "json_schema"
	Schema string // the JSON schema asked for, "" if none

	// Occurrence is how often a request of this content (but for "stream")
	// has been seen, from 1. It is 0 when the configuration leaves nothing to
	// chance, and is then not counted.
	Occurrence   int
	PromptTokens int // estimated

	hasMessages bool
	prompt      string // the text of all messages
	tools       []tool
	forced      toolChoice
	toolName    string // of a forced function
	embedding   embeddingQuery
}

// parseQuery reads a request's body and returns its hash, which depends on all
// that it contains except how the answer is to be sent.
func parseQuery(body string, seed uint64) (Query, uint64) {
	q := Query{Body: body, N: 1}
	h := hash(seed, "query")
	gjson.Parse(body).ForEach(func(key, value gjson.Result) bool {
		name := key.String()
		if name != "stream" && name != "stream_options" {
			h += hash(hash(seed, name), value.Raw) // the order of the keys does not matter
		}
		q.set(name, value)
		return true
	})
	q.PromptTokens += tokensOf(q.prompt)
	return q, h
}

func (q *Query) set(name string, v gjson.Result) {
	switch name {
	case "model":
		q.Model = v.String()
	case "messages":
		q.setMessages(v)
	case "stream":
		q.Stream = v.Bool()
	case "stream_options":
		q.IncludeUsage = v.Get("include_usage").Bool()
	case "max_tokens", "max_completion_tokens":
		q.MaxTokens = int(max(0, min(1<<30, v.Int()))) // an estimate must not overflow
	case "n":
		q.N = max(1, min(128, int(v.Int())))
	case "logprobs":
		q.LogProbs = v.Bool()
	case "top_logprobs":
		q.TopLogProbs = max(0, min(20, int(v.Int())))
	case "response_format":
		q.Format = v.Get("type").String()
		q.Schema = v.Get("json_schema.schema").Raw
	case "tools":
		q.tools = parseTools(v)
		q.PromptTokens += tokensOf(v.Raw)
	case "tool_choice":
		q.forced, q.toolName = parseToolChoice(v)
	case "input", "dimensions", "encoding_format":
		q.setEmbedding(name, v)
	}
}

func (q *Query) setMessages(v gjson.Result) {
	var all strings.Builder
	v.ForEach(func(_, m gjson.Result) bool {
		q.hasMessages = true
		q.PromptTokens += 4 // what surrounds a message
		text := messageText(m.Get("content"))
		switch m.Get("role").String() {
		case "system", "developer":
			q.System += text
		case "user":
			q.User = text
		}
		all.WriteString(text)
		all.WriteByte('\n')
		return true
	})
	q.prompt = all.String()
}

// messageText returns the text of a message's content: a string, or parts.
func messageText(content gjson.Result) string {
	if !content.IsArray() {
		return content.String()
	}
	var b strings.Builder
	content.ForEach(func(_, part gjson.Result) bool {
		b.WriteString(part.Get("text").String())
		return true
	})
	return b.String()
}

// estimate is what a request reserves of a token limit before its answer.
func (q *Query) estimate() int64 { return int64(q.PromptTokens) + int64(q.MaxTokens)*int64(q.N) }
