package paceline

import "encoding/json"

// ChatCompletions is the default [Request.Path].
const ChatCompletions = "/chat/completions"

// Priority orders waiting calls. Within one priority the order is first in,
// first out.
type Priority int8

// The priorities. The zero value is Normal.
const (
	Low    Priority = -1
	Normal Priority = 0
	High   Priority = 1
)

// A Request is one call to make. It is not changed by the engine and may be
// used again once the call has ended.
type Request struct {
	// Body is the JSON object to send, byte for byte: unknown fields, their
	// order and 20-digit integers survive. A provider sets in it only what it
	// must (for OpenAI: "stream" and "stream_options", when it streams) and
	// what is missing of Model and Messages below.
	Body json.RawMessage

	// Model and Messages are put into the body where it lacks "model" or
	// "messages". With no Body they are all of it.
	Model    string
	Messages []Message

	// Path is the endpoint below the base URL; "" means [ChatCompletions].
	Path string

	// Priority orders this call among the waiting ones. What is above High is
	// taken as High, what is below Low as Low.
	Priority Priority

	// MaxTokens is what the answer may use at most, for the reservation of
	// tokens; 0 means: as the body says, else as learnt; below 0: as learnt.
	MaxTokens int64

	// Choices is how many answers the body asks for, for the same; 0 means: as
	// the body says, else one.
	Choices int64
}

// Asks returns what the request asks for, by its fields, or else by what its body
// says: of which model ("": none is named), for how many tokens at most (0: there
// is no limit), and for how many answers, at least 1. Where Model, MaxTokens and
// Choices are set it does not look at the body.
func (r *Request) Asks() (model string, maxTokens, choices int64) {
	model, maxTokens, choices = r.Model, r.MaxTokens, r.Choices
	if (model == "" || maxTokens == 0 || choices == 0) && len(r.Body) > 0 {
		r.read(&model, &maxTokens, &choices)
	}
	return model, max(0, maxTokens), max(1, choices)
}

// A Message is one message of a chat. Requests with images, tool results or
// other parts are given as [Request.Body] instead.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// User returns a conversation of one user message.
func User(text string) []Message { return []Message{{Role: "user", Content: text}} }

// System returns a system message followed by a user message.
func System(system, text string) []Message {
	return []Message{{Role: "system", Content: system}, {Role: "user", Content: text}}
}
