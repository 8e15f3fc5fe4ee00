package openai

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

var errNoOutput = errors.New("the response object has no output")

// A family is a kind of endpoint: what its answers look like.
type family uint8

const (
	other       family = iota // embeddings and the rest: whole answers only
	chat                      // /chat/completions
	legacyText                // /completions
	responseAPI               // /responses
)

// result makes the response of a complete body, streamed or not. Its error,
// if not an [*paceline.Error], says what is wrong with the body's shape.
func (f family) result(body []byte, h http.Header, status int) (*paceline.Response, error) {
	resp := &paceline.Response{Body: body, Status: status, Header: h, RequestID: requestID(h)}
	if f == other && rawjson.Trim(body)[0] == '[' {
		return resp, nil
	}
	var choices []byte
	env := openEnvelope(body)
	for env.Next() {
		switch string(env.Key()) {
		case "model":
			resp.Model = rawjson.Str(env.Value())
		case "usage":
			resp.Usage = readUsage(env.Value())
		case "choices":
			choices = env.Value()
		case "id":
			if resp.RequestID == "" {
				resp.RequestID = rawjson.Str(env.Value())
			}
		}
	}
	if env.err != nil {
		return nil, env.err
	}
	var err error
	resp.Choices, err = f.choices(body, choices)
	return resp, err
}

func (f family) choices(body, choices []byte) ([]paceline.Choice, error) {
	switch f {
	case chat, legacyText:
		return readChoices(choices, f == legacyText)
	case responseAPI:
		if status := rawjson.Str(rawjson.Get(body, "status")); status == "failed" || status == "cancelled" {
			return nil, responseError(body)
		}
		if rawjson.Get(body, "output") == nil {
			return nil, errNoOutput
		}
		return readResponse(body), nil
	}
	return nil, nil
}

// readChoices reads the list of choices, which must not be empty, and brings
// it into the order of the indexes.
func readChoices(raw []byte, legacy bool) ([]paceline.Choice, error) {
	type indexed struct {
		index int64
		paceline.Choice
	}
	var all []indexed
	c := rawjson.Array(raw)
	for c.Next() {
		ch := indexed{index: int64(len(all))}
		if n, ok := count(rawjson.Get(c.Value(), "index")); ok {
			ch.index = n
		}
		if err := readChoice(c.Value(), legacy, &ch.Choice); err != nil {
			return nil, err
		}
		all = append(all, ch)
	}
	if c.Bad() || len(all) == 0 {
		return nil, errChoices
	}
	slices.SortStableFunc(all, func(a, b indexed) int { return cmp.Compare(a.index, b.index) })
	out := make([]paceline.Choice, len(all))
	for i := range all {
		out[i] = all[i].Choice
	}
	return out, nil
}

func readChoice(raw []byte, legacy bool, ch *paceline.Choice) error {
	env := openEnvelope(raw)
	message := legacy
	for env.Next() {
		val := slices.Clip(env.Value())
		switch string(env.Key()) {
		case "finish_reason":
			ch.FinishReason = rawjson.Str(val)
		case "text":
			if legacy {
				ch.Content = val
			}
		case "message":
			if message = val[0] == '{'; message {
				if err := readMessage(val, ch); err != nil {
					return err
				}
			}
		}
	}
	if env.err == nil && !message {
		return errChoices
	}
	return env.err
}

func readMessage(raw []byte, ch *paceline.Choice) error {
	env := openEnvelope(raw)
	for env.Next() {
		val := slices.Clip(env.Value())
		switch key := env.Key(); string(key) {
		case "content":
			ch.Content = val
		case "refusal":
			ch.Refusal = val
		case "tool_calls":
			ch.ToolCalls = val
		case "reasoning_content", "reasoning":
			// Where both are there, the one that says something counts.
			if ch.ReasoningKey == "" || rawjson.Null(ch.Reasoning) {
				ch.Reasoning, ch.ReasoningKey = val, string(key)
			}
		}
	}
	return env.err
}

// requestID returns the provider's own id of a request, under the names that
// OpenAI, Anthropic and Azure give it.
func requestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "Apim-Request-Id", "X-Ms-Request-Id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}
