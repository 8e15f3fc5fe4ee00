package paceline

import (
	"encoding/json"
	"strings"
)

// ended says how an answer ended: [CodeContentFilter] or [CodeRefused] if any
// of its choices was withheld, [CodeTruncated] if any was cut off at its limit
// of tokens, [CodeUnknown] if all are whole. why is one line.
func (r *Response) ended() (code Code, why string) {
	for i := range r.Choices {
		switch c, words := r.Choices[i].ended(); c {
		case CodeContentFilter, CodeRefused:
			return c, words
		case CodeTruncated:
			code, why = c, words
		}
	}
	return code, why
}

func (c *Choice) ended() (Code, string) {
	if said := c.refusal(); said != "" {
		return CodeRefused, "the model refused: " + said
	}
	switch {
	case c.Truncated():
		return CodeTruncated, "the answer was cut off at the limit of its tokens (finish_reason " + c.FinishReason + ")"
	case c.FinishReason == "content_filter":
		return CodeContentFilter, "the provider's filter withheld the answer (finish_reason content_filter)"
	case c.FinishReason == "refusal":
		return CodeRefused, "the model refused (finish_reason refusal)"
	}
	return CodeUnknown, ""
}

// Truncated reports whether the choice was cut off at the limit of its tokens.
func (c *Choice) Truncated() bool {
	switch c.FinishReason {
	case "length", "model_length", "max_tokens": // OpenAI's, Mistral's, Anthropic's words
		return true
	}
	return false
}

// maxRefusal is how much of a refusal's text an error repeats.
const maxRefusal = 300

// refusal returns the beginning of the text in which the model refused, on one
// line, "" if it did not.
func (c *Choice) refusal() string {
	if len(c.Refusal) == 0 || string(c.Refusal) == "null" {
		return ""
	}
	var said string
	if json.Unmarshal(c.Refusal, &said) != nil {
		return ""
	}
	return clip(strings.Join(strings.Fields(said), " "), maxRefusal)
}

// clip returns s, or its beginning of at most n bytes with an ellipsis behind.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
