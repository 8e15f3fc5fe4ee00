package openai

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

func TestBodiesGoThrough(t *testing.T) {
	const opts = `"stream_options":{"include_usage":true}`
	cases := []struct{ name, in, streamed, whole string }{
		{"usual", `{"model":"m"}`, `{"model":"m","stream":true,` + opts + `}`, `{"model":"m"}`},
		{"empty", `{}`, `{"stream":true,` + opts + `}`, `{}`},
		{"blanks", " { } \n", ` { "stream":true,` + opts + `} ` + "\n", " { } \n"},
		{"20 digits, order, unknown fields", `{"z":12345678901234567890,"model":"m","a":1.0e5,"é":"\u00e9"}`,
			`{"z":12345678901234567890,"model":"m","a":1.0e5,"é":"\u00e9","stream":true,` + opts + `}`, `{"z":12345678901234567890,"model":"m","a":1.0e5,"é":"\u00e9"}`},
		{"stream false", `{"stream": false ,"model":"m"}`, `{"stream": true ,"model":"m",` + opts + `}`, `{"stream": false ,"model":"m"}`},
		{"stream true", `{"stream":true,"model":"m"}`, `{"stream":true,"model":"m",` + opts + `}`, `{"stream":false,"model":"m"}`},
		{"stream null", `{"stream":null}`, `{"stream":true,` + opts + `}`, `{"stream":null}`},
		{"options", `{"stream_options":{"include_obfuscation":false},"model":"m"}`,
			`{"stream_options":{"include_obfuscation":false,"include_usage":true},"model":"m","stream":true}`, `{"stream_options":null,"model":"m"}`},
		{"options without usage", `{"stream_options":{"include_usage":false}}`, `{"stream_options":{"include_usage":true},"stream":true}`, `{"stream_options":null}`},
		{"null options", `{"stream_options":null}`, `{` + opts + `,"stream":true}`, `{"stream_options":null}`},
		{"names inside strings and objects", `{"a":{"stream":false},"b":"\"stream\":false}"}`,
			`{"a":{"stream":false},"b":"\"stream\":false}","stream":true,` + opts + `}`, `{"a":{"stream":false},"b":"\"stream\":false}"}`},
		{"escaped name", `{"str\u0065am":false}`, `{"str\u0065am":true,` + opts + `}`, `{"str\u0065am":false}`},
		{"twice", `{"stream":false,"stream":true}`, `{"stream":true,"stream":true,` + opts + `}`, `{"stream":false,"stream":false}`},
	}
	for _, c := range cases {
		if got, err := asStream(c.in); err != nil || string(got) != c.streamed {
			t.Errorf("%s, streamed: %s, %v\nwant %s", c.name, got, err, c.streamed)
		}
		if got, err := asWhole(c.in); err != nil || string(got) != c.whole {
			t.Errorf("%s, whole: %s, %v\nwant %s", c.name, got, err, c.whole)
		}
	}
}

func TestBodyIsNoObject(t *testing.T) {
	for _, in := range []string{"[]", "null", "7", `"x"`, "{", `{"a"`, `{"a":1`, `{"a":1}}`, `{} {}`, "x", `{"a" 1}`, `{,}`, `{"a":1,}`, `{1:2}`} {
		p := Provider{BaseURL: "http://test.invalid", Transport: fails(nil)}
		_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m", Body: []byte(in)}, nil)
		if in != `{"a":1,}` && paceline.CodeOf(err) != paceline.CodeInvalidRequest {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestFill(t *testing.T) {
	user := paceline.User("<é & \u2028>")
	cases := []struct {
		name string
		req  paceline.Request
		want string
	}{
		{"all of it", paceline.Request{Model: "m", Messages: user}, `{"model":"m","messages":[{"role":"user","content":"<é & \u2028>"}]}`},
		{"no messages", paceline.Request{Model: "m"}, `{"model":"m"}`},
		{"the rest", paceline.Request{Model: "m", Messages: user[:0], Body: []byte(`{"temperature":0.0}`)}, `{"temperature":0.0,"model":"m"}`},
		{"the body wins", paceline.Request{Model: "m", Messages: user, Body: []byte(`{"model":"b","messages":[]}`)}, `{"model":"b","messages":[]}`},
	}
	for _, c := range cases {
		var got outline
		if err := got.fill(&c.req); err != nil || string(got.text) != c.want {
			t.Errorf("%s: %s, %v\nwant %s", c.name, got.text, err, c.want)
		}
	}
}

// FuzzBody holds that editing changes nothing but the two members.
func FuzzBody(f *testing.F) {
	f.Add(`{"model":"m","stream":false}`)
	f.Add(`{"stream_options":{"x":[1,{"stream":1}]},"a\\":"b\"}"}`)
	f.Add(` {"é":12345678901234567890 , "stream" : null}`)
	f.Add(`{"a":1,`)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := asStream(in)
		var before, after map[string]json.RawMessage
		if json.Unmarshal([]byte(in), &before) != nil || before == nil {
			return // not ours to judge; it must not crash
		}
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if err := json.Unmarshal(got, &after); err != nil {
			t.Fatalf("%q became %q: %v", in, got, err)
		}
		if string(after["stream"]) != "true" || !strings.Contains(string(after["stream_options"]), `"include_usage":true`) {
			t.Errorf("%q became %q", in, got)
		}
		for _, name := range []string{"stream", "stream_options"} {
			delete(before, name)
			delete(after, name)
		}
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%q became %q", in, got)
		}
	})
}

func asStream(body string) ([]byte, error) {
	o, err := outlineOf([]byte(body))
	if err != nil {
		return nil, err
	}
	return o.streamed(true), nil
}

func asWhole(body string) ([]byte, error) {
	o, err := outlineOf([]byte(body))
	if err != nil {
		return nil, err
	}
	return o.unstreamed(), nil
}
