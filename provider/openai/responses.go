package openai

import (
	"bytes"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// A responseStream takes the events of the Responses API, whose last event
// carries the whole response object.
type responseStream struct {
	whole []byte // the response of the terminal event
	begun bool
	out   emitter
}

// frame takes one event.
func (a *responseStream) frame(_, data []byte) (done bool, err error) {
	if err := validObject(data); err != nil {
		return false, err
	}
	a.begun = true
	kind := rawjson.Str(rawjson.Get(data, "type"))
	if e := a.failure(kind, data); e != nil {
		e.MaybeBilled = a.out.progress
		return false, e
	}
	a.out.begin(data)
	a.report(kind, data)
	a.out.end()
	switch kind {
	case "response.completed", "response.incomplete":
		a.whole = bytes.Clone(rawjson.Get(data, "response"))
		return true, nil
	}
	return false, nil
}

// failure returns the error that an event says, or nil.
func (a *responseStream) failure(kind string, data []byte) *paceline.Error {
	switch kind {
	case "error":
		if !rawjson.Null(rawjson.Get(data, "error")) {
			return errorInFrame(data)
		}
		return frameError(data, data) // code and message stand at the top
	case "response.failed", "response.cancelled":
		response := rawjson.Get(data, "response")
		e := responseError(response)
		e.Usage = readUsage(rawjson.Get(response, "usage"))
		return e
	}
	return errorInFrame(data)
}

// responseError classifies a response whose status is failed or cancelled.
func responseError(response []byte) *paceline.Error {
	inner := rawjson.Get(response, "error")
	if rawjson.Null(inner) {
		inner = []byte(`{"message":"the response failed without saying why"}`)
	}
	return frameError(inner, response)
}

// report tells what an event is a sign of.
func (a *responseStream) report(kind string, data []byte) {
	kind = strings.TrimPrefix(kind, "response.")
	delta := func(k paceline.DeltaKind) { a.out.text(k, 0, rawjson.Get(data, "delta")) }
	switch {
	case kind == "output_text.delta":
		delta(paceline.DeltaContent)
	case kind == "refusal.delta":
		delta(paceline.DeltaRefusal)
	case kind == "reasoning_text.delta", kind == "reasoning_summary_text.delta":
		delta(paceline.DeltaReasoning)
	case strings.HasSuffix(kind, "_call_arguments.delta"), kind == "custom_tool_call_input.delta":
		delta(paceline.DeltaToolCall)
	case kind == "completed", kind == "incomplete", strings.HasSuffix(kind, ".done"), strings.HasSuffix(kind, ".delta"),
		strings.HasSuffix(kind, ".partial_image"):
		a.out.add(paceline.DeltaOther, 0, nil)
	}
}

func (a *responseStream) late([]byte)           {}
func (a *responseStream) finished(bool) bool    { return len(a.whole) > 0 && a.whole[0] == '{' }
func (a *responseStream) started() bool         { return a.begun }
func (a *responseStream) body() []byte          { return a.whole }
func (a *responseStream) known() paceline.Usage { return readUsage(rawjson.Get(a.whole, "usage")) }

// A responseView gathers from a response object what callers want most.
type responseView struct {
	texts, refusals, reasons [][]byte // insides of strings
	calls                    []byte
}

// readResponse fills the one choice of a response object.
func readResponse(body []byte) []paceline.Choice {
	var v responseView
	for c := rawjson.Array(rawjson.Get(body, "output")); c.Next(); {
		v.item(c.Value())
	}
	ch := paceline.Choice{
		Content: join(v.texts), Refusal: join(v.refusals), Reasoning: join(v.reasons),
		FinishReason: responseFinish(body, v.calls != nil),
	}
	if ch.Reasoning != nil {
		ch.ReasoningKey = "reasoning"
	}
	if v.calls != nil {
		ch.ToolCalls = append(v.calls, ']')
	}
	return []paceline.Choice{ch}
}

func (v *responseView) item(item []byte) {
	switch rawjson.Str(rawjson.Get(item, "type")) {
	case "message":
		for c := rawjson.Array(rawjson.Get(item, "content")); c.Next(); {
			v.texts = appendInner(v.texts, rawjson.Get(c.Value(), "text"))
			v.refusals = appendInner(v.refusals, rawjson.Get(c.Value(), "refusal"))
		}
	case "reasoning":
		for _, list := range []string{"content", "summary"} {
			for c := rawjson.Array(rawjson.Get(item, list)); c.Next(); {
				v.reasons = appendInner(v.reasons, rawjson.Get(c.Value(), "text"))
			}
		}
	case "function_call":
		v.call(item)
	}
}

// call adds a function call in the shape that chat completions give it.
func (v *responseView) call(item []byte) {
	if v.calls == nil {
		v.calls = []byte{'['}
	} else {
		v.calls = append(v.calls, ',')
	}
	v.calls = appendOr(append(v.calls, `{"id":`...), rawjson.Get(item, "call_id"))
	v.calls = appendOr(append(v.calls, `,"type":"function","function":{"name":`...), rawjson.Get(item, "name"))
	v.calls = appendOr(append(v.calls, `,"arguments":`...), rawjson.Get(item, "arguments"))
	v.calls = append(v.calls, "}}"...)
}

func appendOr(dst, raw []byte) []byte {
	if raw == nil {
		raw = []byte("null")
	}
	return append(dst, raw...)
}

func appendInner(all [][]byte, raw []byte) [][]byte {
	if inner, ok := rawjson.Inner(raw); ok {
		all = append(all, inner)
	}
	return all
}

// join returns the texts as one JSON string, nil if there are none.
func join(insides [][]byte) []byte {
	if insides == nil {
		return nil
	}
	return append(append([]byte{'"'}, bytes.Join(insides, nil)...), '"')
}

// responseFinish says in the words of chat completions why a response ended.
func responseFinish(body []byte, calls bool) string {
	switch rawjson.Str(rawjson.Get(body, "status")) {
	case "completed":
		if calls {
			return "tool_calls"
		}
		return "stop"
	case "incomplete":
		reason := rawjson.Str(rawjson.Path(body, "incomplete_details", "reason"))
		if reason == "max_output_tokens" {
			return "length"
		}
		return reason
	}
	return ""
}
