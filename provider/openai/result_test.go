package openai

import (
	"cmp"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// bodies are answers that came whole: usual ones, and such as hold errors, names
// that come twice and shapes that are wrong.
var bodies = []string{
	`{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}`,
	`{"choices":[{"index":1,"message":{"content":"b"}},{"index":0,"message":{"content":"a"},"finish_reason":"length"}]}`,
	`{"choices":[{"index":-1,"message":{}},{"message":{}},{"index":1.0,"message":{"content":"x"}},{"index":"0","message":{}}]}`,
	`{"choices":[{"text":"a","index":0,"finish_reason":"st\u006fp"}],"usage":null}`,
	`{"choices":[{"message":{"content":"a"},"finish_reason":"error"}]}`, `{"choices":[{"message":{"content":"a"},"finish_reason":"e\u0072ror"}]}`,
	`{"choices":[{"message":{"content":"a"},"error":{"message":"no","code":429}}]}`, `{"choices":[5,{"error":"later"}]}`,
	`{"choices":[{"index":0,"index":1,"message":{}}]}`, `{"choices":[{"message":{"content":1,"content":2}}]}`,
	`{"choices":[{"finish_reason":"error","finish_reason":"stop","message":{}}]}`,
	`{"error":{"message":"no","type":"rate_limit_error"}}`, `{"error":{},"choices":[{"message":{}}]}`, `{"error":null,"choices":[]}`,
	`{"error":"a","error":null,"choices":[{"message":{}}]}`, `{"error":null,"error":"a"}`, `{"err\u006fr":"a","choices":[{"message":{}}]}`,
	`{"object":"error","message":"no"}`, `{"object":"err\u006fr","message":"no"}`, `{"object":"error","object":"x"}`,
	`{"object":"list","data":[]}`, `{"choices":[{"error":"x"}],"data":[]}`, `[]`, `[{"error":"x"}]`, `{}`, `5`, `{"choices":{}}`, `{"choices":[null]}`,
	`{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}]}`,
	`{"status":"failed","error":{"code":"server_error","message":"x"},"output":[]}`, `{"status":"failed","choices":[{"error":"x"}]}`, `{"status":"cancelled","error":null}`,
	`{"choices":[{"message":{"reasoning":null,"reasoning_content":"r","content":[1],"tool_calls":[]}}]}`, `{"choices":[{"message":"x"}]}`, `{"choices":[{"message":{}}`,
	// The usual form, and what is just beside it.
	`{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a\"b","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3},"service_tier":"default"}`,
	`{"object":"chat.completion","choices":[ { "message" : { "content" : "a" , "reasoning" : "r" } } , {"message":{"content":"b"}} ] }`,
	`{"choices":[{"message":{"content":"a","content":"b"}}]}`, `{"choices":[{"message":{"content":"a"},"message":{"content":"b"}}]}`,
	`{"choices":[{"message":{"content":"a"}}],"choices":[{"message":{"content":"b"}}]}`, `{"choices":[{"message":{"content":"a"}}],"\u0063hoices":1}`,
	`{"choices":[{"error":{"message":"x"},"message":{"content":"a"}}]}`, `{"choices":[{"message":{"content":"a"},"finish_reason":"error"}]}`,
	`{"choices":[{"message":{"content":"a"}}]}x`, `{"choices":[{"message":{"content":"a"}},]}`, `{"choices":[{"message":{"content":"a"},}]}`, `{"choices":[{"message":{"content":+1}}]}`,
	`{"object":"error","choices":[{"message":{"content":"a"}}],"message":"x"}`, `{"error":{"code":1},"choices":[{"message":{"content":"a"}}]}`,
}

// TestWholeIsTheLooks holds what reads an answer in one go to the looks one after
// the other that it stands for.
func TestWholeIsTheLooks(t *testing.T) {
	for _, body := range bodies {
		sameAnswer(t, []byte(body))
	}
}

// FuzzWhole does so for any body.
func FuzzWhole(f *testing.F) {
	for _, body := range bodies {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) { sameAnswer(t, body) })
}

func sameAnswer(t *testing.T, body []byte) {
	t.Helper()
	body = rawjson.Trim(body)
	if len(body) == 0 {
		return // it is told before
	}
	for f := other; f <= responseAPI; f++ {
		x := &exchange{call: &call{route: &route{family: f}}, res: &received{status: 200, header: http.Header{"X-Request-Id": {"r1"}}}}
		got, err := x.result(body)
		want, wantErr := looks(x, body)
		if err != nil || wantErr != nil {
			if !reflect.DeepEqual(err, wantErr) {
				t.Errorf("family %d, %q: error %v, want %v", f, body, err, wantErr)
			}
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("family %d, %q:\n%+v, want\n%+v", f, body, got, want)
		}
	}
}

// looks is the plain way: is it JSON, does it hold an error, what does it say.
func looks(x *exchange, body []byte) (*paceline.Response, error) {
	list := x.family == other && body[0] == '['
	switch {
	case !json.Valid(body):
		return nil, errNotJSON
	case body[0] != '{' && !list:
		return nil, errNoObject
	}
	if e := lookForError(body); e != nil {
		return nil, e
	}
	resp := &paceline.Response{Body: body, Status: x.res.status, Header: x.res.header, RequestID: "r1"}
	if list {
		return resp, nil
	}
	env := openEnvelope(body)
	for env.Next() {
	}
	if env.err != nil {
		return nil, env.err
	}
	resp.Model = rawjson.Str(rawjson.Get(body, "model"))
	if usage := rawjson.Get(body, "usage"); usage != nil {
		resp.Usage = readUsage(usage)
	}
	var err error
	switch status := rawjson.Str(rawjson.Get(body, "status")); {
	case x.family == chat, x.family == legacyText:
		resp.Choices, err = lookAtChoices(rawjson.Get(body, "choices"), x.family == legacyText)
	case x.family == other:
	case status == "failed", status == "cancelled":
		err = responseError(body)
	case rawjson.Get(body, "output") == nil:
		err = errNoOutput
	default:
		resp.Choices = readResponse(body)
	}
	return resp, err
}

func lookForError(raw []byte) *paceline.Error {
	if inner := rawjson.Get(raw, "error"); says(inner) {
		return frameError(inner, raw)
	}
	if rawjson.Str(rawjson.Get(raw, "object")) == "error" {
		return frameError(raw, raw)
	}
	for c := rawjson.Array(rawjson.Get(raw, "choices")); c.Next(); {
		if inner := rawjson.Get(c.Value(), "error"); says(inner) {
			return frameError(inner, raw)
		}
		if rawjson.Str(rawjson.Get(c.Value(), "finish_reason")) == "error" {
			return frameError([]byte(`{"message":"the answer ended with finish_reason \"error\""}`), raw)
		}
	}
	return nil
}

func lookAtChoices(raw []byte, legacy bool) ([]paceline.Choice, error) {
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
		var err error
		if ch.Choice, err = lookAtChoice(c.Value(), legacy); err != nil {
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

func lookAtChoice(raw []byte, legacy bool) (ch paceline.Choice, err error) {
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
				if err := readMessage(val, &ch); err != nil {
					return ch, err
				}
			}
		}
	}
	if env.err == nil && !message {
		return ch, errChoices
	}
	return ch, env.err
}
