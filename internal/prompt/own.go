package prompt

import (
	"bytes"
	"errors"

	"github.com/tidwall/gjson"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// requestFields are the fields of a chat request that an item may have beside
// its messages. Names that data uses for itself as well (user, metadata,
// store) are not among them: they stay with the item.
var requestFields = map[string]bool{
	"model": true, "tools": true, "tool_choice": true, "parallel_tool_calls": true,
	"functions": true, "function_call": true, "response_format": true,
	"temperature": true, "top_p": true, "top_k": true, "min_p": true,
	"max_tokens": true, "max_completion_tokens": true, "stop": true, "seed": true, "n": true,
	"presence_penalty": true, "frequency_penalty": true, "repetition_penalty": true,
	"logit_bias": true, "logprobs": true, "top_logprobs": true,
	"reasoning_effort": true, "verbosity": true, "modalities": true, "audio": true,
	"prediction": true, "service_tier": true, "chat_template_kwargs": true,
}

// own returns the body of an item that brings its messages or its body, unless
// the prompt names that field; nil if it brings none.
func (p *Prompt) own(raw []byte) ([]byte, error) {
	if len(raw) == 0 || raw[0] != '{' {
		return nil, nil
	}
	if v := find(raw, "body"); len(v) > 0 && v[0] == '{' && !p.namesBody {
		return p.fill(bytes.Clone(v)), isChat(v)
	}
	if v := find(raw, "messages"); len(v) > 0 && v[0] == '[' && !p.namesMessages {
		return p.fill(chatBody(gjson.Parse(view(raw)))), nil
	}
	return nil, nil
}

// mayBring reports whether an item may bring its messages or its body, of which
// the prompt's fields are seen.
func (p *Prompt) mayBring(seen *sight) bool {
	return !seen.whole || !seen.found[ownBody].None() || !seen.found[ownMessages].None()
}

// find looks a field up.
func find(raw []byte, name string) []byte {
	var found [1]jsonscan.Span
	jsonscan.Find(raw, []string{name}, found[:])
	return found[0].Of(raw)
}

var errNoArray = errors.New(`"messages" is no array; write [{"role": "user", "content": ...}]`)

// isChat refuses a body whose messages cannot be any.
func isChat(body []byte) error {
	if v := find(body, "messages"); len(v) > 0 && v[0] != '[' {
		return errNoArray
	}
	return nil
}

// chatBody takes an item's messages and the other fields of a chat request, in
// the item's order and bytes.
func chatBody(item gjson.Result) []byte {
	body := []byte{'{'}
	item.ForEach(func(k, v gjson.Result) bool {
		if name := k.String(); name == "messages" || requestFields[name] {
			if len(body) > 1 {
				body = append(body, ',')
			}
			body = append(append(append(body, k.Raw...), ':'), v.Raw...)
		}
		return true
	})
	return append(body, '}')
}

// fill puts the model and the further fields in where body lacks them, at its
// end. What is there is not touched.
func (p *Prompt) fill(body []byte) []byte {
	have := map[string]bool{}
	gjson.Parse(view(body)).ForEach(func(k, _ gjson.Result) bool {
		have[k.String()] = true
		return true
	})
	var more []byte
	if p.model != "" && !have["model"] {
		more = jsontext.Append(append(more, `,"model":`...), p.model)
	}
	for i := range p.fields {
		if f := &p.fields[i]; !have[f.Name] {
			more = f.appendTo(append(more, ','))
		}
	}
	return extend(body, more, len(have) == 0)
}

// extend puts further members, each with a comma before it, at the end of an
// object.
func extend(object, more []byte, empty bool) []byte {
	if len(more) == 0 {
		return object
	}
	if empty {
		more = more[1:]
	}
	end := bytes.LastIndexByte(object, '}')
	out := make([]byte, 0, len(object)+len(more))
	out = append(append(out, object[:end]...), more...)
	return append(out, object[end:]...)
}

// complete returns r with a model in its body.
func (p *Prompt) complete(r *paceline.Request) *paceline.Request {
	if len(r.Body) == 0 {
		if r.Model != "" || p.model == "" {
			return r
		}
		done := *r
		done.Model = p.model
		return &done
	}
	done := *r
	only := Prompt{model: p.model}
	done.Body = only.fill(r.Body)
	done.Model = modelOf(done.Body, p.model)
	return &done
}

// modelOf returns the model that a body asks for.
func modelOf(body []byte, otherwise string) string {
	if v := gjson.GetBytes(body, "model"); v.Type == gjson.String {
		return v.String()
	}
	return otherwise
}
