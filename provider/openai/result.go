package openai

import (
	"errors"
	"net/http"
	"slices"
	"sort"

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

// result makes the response of a body that was put together from a stream, of
// which every piece was looked at for an error. Its own error, if not an
// [*paceline.Error], says what is wrong with the body's shape.
func (f family) result(body []byte, h http.Header, status int) (*paceline.Response, error) {
	r := f.reading(body, h, status)
	return r.resp, r.read(body)
}

// whole makes the response of a body that came whole. An error that the body holds
// goes before what is wrong with its shape.
func (f family) whole(body []byte, h http.Header, status int) (*paceline.Response, error) {
	r := f.reading(body, h, status)
	err := r.read(body)
	if err != nil || r.suspect {
		if e := errorInFrame(body); e != nil {
			return nil, e
		}
	}
	return r.resp, err
}

func (f family) reading(body []byte, h http.Header, status int) reading {
	return reading{family: f, resp: &paceline.Response{Body: body, Status: status, Header: h, RequestID: requestID(h)}}
}

// A reading is of a body into a response. It looks at each byte of interest once,
// and leaves what is not usual to others.
type reading struct {
	family  family
	resp    *paceline.Response
	choices []byte
	suspect bool // the body may hold an error
}

func (r *reading) read(body []byte) error {
	if r.family == other && rawjson.Trim(body)[0] == '[' {
		return nil
	}
	env := openEnvelope(body)
	for env.Next() {
		r.member(env.Key(), env.Value())
	}
	if env.err != nil {
		return env.err
	}
	return r.readChoices(body)
}

// member takes a member of the body.
func (r *reading) member(key, val []byte) {
	switch string(key) {
	case "model":
		r.resp.Model = rawjson.Str(val)
	case "usage":
		r.resp.Usage = readUsage(val)
	case "choices":
		r.choices = val
	case "id":
		if r.resp.RequestID == "" {
			r.resp.RequestID = rawjson.Str(val)
		}
	case "error":
		r.suspect = r.suspect || says(val)
	case "object":
		r.suspect = r.suspect || saysError(val)
	}
}

func (r *reading) readChoices(body []byte) error {
	switch r.family {
	case chat, legacyText:
		return r.list()
	case responseAPI:
		if status := rawjson.Str(rawjson.Get(body, "status")); status == "failed" || status == "cancelled" {
			return responseError(body)
		}
		if rawjson.Get(body, "output") == nil {
			return errNoOutput
		}
		r.resp.Choices = readResponse(body)
	}
	r.suspect = r.suspect || r.choices != nil // which nobody has looked at
	return nil
}

// list reads the list of choices, which must not be empty, and brings it into the
// order of the indexes.
func (r *reading) list() error {
	all := make([]paceline.Choice, 0, 1)
	indexes := make([]int64, 0, 8)
	c := rawjson.Array(r.choices)
	for c.Next() {
		all = append(all, paceline.Choice{})
		index, err := r.choice(c.Value(), &all[len(all)-1])
		if err != nil {
			return err
		}
		if index < 0 {
			index = int64(len(indexes))
		}
		indexes = append(indexes, index)
	}
	if c.Bad() || len(all) == 0 {
		return errChoices
	}
	if !slices.IsSorted(indexes) {
		sort.Stable(byIndex{slices.Clone(indexes), all})
	}
	r.resp.Choices = all
	return nil
}

// byIndex sorts choices by their indexes.
type byIndex struct {
	indexes []int64
	choices []paceline.Choice
}

func (b byIndex) Len() int           { return len(b.indexes) }
func (b byIndex) Less(i, j int) bool { return b.indexes[i] < b.indexes[j] }
func (b byIndex) Swap(i, j int) {
	b.indexes[i], b.indexes[j] = b.indexes[j], b.indexes[i]
	b.choices[i], b.choices[j] = b.choices[j], b.choices[i]
}

// choice reads a choice. The index is -1 if none is told that can be used.
func (r *reading) choice(raw []byte, ch *paceline.Choice) (index int64, err error) {
	env := openEnvelope(raw)
	message := r.family == legacyText
	index = -1
	for env.Next() {
		val := slices.Clip(env.Value())
		switch string(env.Key()) {
		case "index":
			if n, ok := count(val); ok {
				index = n
			}
		case "finish_reason":
			ch.FinishReason = finishReason(val)
			r.suspect = r.suspect || ch.FinishReason == "error"
		case "error":
			r.suspect = r.suspect || says(val)
		case "text":
			if r.family == legacyText {
				ch.Content = val
			}
		case "message":
			if message = val[0] == '{'; message {
				if err := readMessage(val, ch); err != nil {
					return index, err
				}
			}
		}
	}
	if env.err == nil && !message {
		return index, errChoices
	}
	return index, env.err
}

// finishReason returns why a choice ended. The usual reasons are not copied.
func finishReason(val []byte) string {
	switch string(val) {
	case `"stop"`:
		return "stop"
	case `"length"`:
		return "length"
	case `"tool_calls"`:
		return "tool_calls"
	}
	return rawjson.Str(val)
}

func readMessage(raw []byte, ch *paceline.Choice) error {
	env := openEnvelope(raw)
	for env.Next() {
		setOfMessage(ch, env.Key(), slices.Clip(env.Value()))
	}
	return env.err
}

// setOfMessage takes a member of a choice's message.
func setOfMessage(ch *paceline.Choice, key, val []byte) {
	switch string(key) {
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

// requestID returns the provider's own id of a request, under the names that
// OpenAI, Anthropic and Azure give it.
func requestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "Apim-Request-Id", "X-Ms-Request-Id"} {
		if id := first(h, name); id != "" {
			return id
		}
	}
	return ""
}
