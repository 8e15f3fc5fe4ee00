package openai

import (
	"slices"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
	"pgregory.net/rapid"
)

// callsOf streams the deltas and returns the tool calls as "id name arguments".
func callsOf(t testing.TB, deltas ...string) []string {
	var body strings.Builder
	for _, d := range deltas {
		body.WriteString(chunk(`{"tool_calls":[`+d+`]}`, "null"))
	}
	resp, _, err := ask(answer(200, nil, body.String()+chunk(`{}`, "tool_calls")+done), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for c := rawjson.Array(resp.Choices[0].ToolCalls); c.Next(); {
		got = append(got, rawjson.Str(rawjson.Get(c.Value(), "id"))+" "+
			rawjson.Str(rawjson.Path(c.Value(), "function", "name"))+" "+
			rawjson.Str(rawjson.Path(c.Value(), "function", "arguments")))
		if rawjson.Str(rawjson.Get(c.Value(), "type")) != "function" || rawjson.Get(c.Value(), "index") != nil {
			t.Errorf("call %s", c.Value())
		}
	}
	return got
}

func TestFault35ToolCallIndexes(t *testing.T) {
	cases := []struct {
		name   string
		deltas []string
		want   []string
	}{
		{"usual", []string{
			`{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}`, `{"index":0,"function":{"arguments":"{\"x\":"}}`,
			`{"index":0,"function":{"arguments":"1}"}}`, `{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}`},
			[]string{`a f {"x":1}`, `b g {}`}},
		{"both in one chunk", []string{
			`{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":1,"id":"b","function":{"name":"g","arguments":"[]"}}`},
			[]string{`a f {}`, `b g []`}},
		{"interleaved and out of order", []string{
			`{"index":1,"id":"b","function":{"name":"g"}}`, `{"index":0,"id":"a","function":{"name":"f"}}`,
			`{"index":1,"function":{"arguments":"[]"}}`, `{"index":0,"function":{"arguments":"{}"}}`},
			[]string{`a f {}`, `b g []`}},
		{"from 1", []string{
			`{"index":1,"id":"a","function":{"name":"f","arguments":"{"}}`, `{"index":1,"function":{"arguments":"}"}}`,
			`{"index":2,"id":"b","function":{"name":"g","arguments":"{}"}}`},
			[]string{`a f {}`, `b g {}`}},
		{"index repeated, ids differ", []string{
			`{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}`, `{"index":0,"id":"a","function":{"arguments":"}"}}`,
			`{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}`},
			[]string{`a f {}`, `b f {}`}},
		{"index repeated, pieces by id", []string{
			`{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}`, `{"index":0,"id":"b","function":{"name":"g","arguments":"["}}`,
			`{"index":0,"id":"a","function":{"arguments":"}"}}`, `{"index":0,"id":"b","function":{"arguments":"]"}}`},
			[]string{`a f {}`, `b g []`}},
		{"index repeated, no ids", []string{
			`{"index":0,"id":"","function":{"name":"f","arguments":"{\"x\":1}"}}`, `{"index":0,"id":"","function":{"name":"f","arguments":"{\"x\":2}"}}`},
			[]string{` f {"x":1}`, ` f {"x":2}`}},
		{"no index", []string{
			`{"id":"a","function":{"name":"f","arguments":"{"}}`, `{"function":{"arguments":"}"}}`,
			`{"id":"b","function":{"name":"g","arguments":""}}`, `{"id":"b","function":{"arguments":"{}"}}`},
			[]string{`a f {}`, `b g {}`}},
		{"no index, no id", []string{
			`{"function":{"name":"f","arguments":"{"}}`, `{"function":{"arguments":"}"}}`, `{"function":{"name":"g","arguments":"{}"}}`},
			[]string{` f {}`, ` g {}`}},
		{"null index", []string{
			`{"index":null,"id":"a","function":{"name":"f","arguments":"{"}}`, `{"index":null,"id":null,"function":{"name":null,"arguments":"}"}}`},
			[]string{`a f {}`}},
		{"id comes late", []string{
			`{"index":0,"function":{"name":"f","arguments":"{"}}`, `{"index":0,"id":"a","function":{"arguments":"}"}}`},
			[]string{`a f {}`}},
		{"name and id in every piece", []string{
			`{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"}}`, `{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"}"}}`,
			`{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}`},
			[]string{`a f {}`}},
		{"name in pieces", []string{
			`{"index":0,"id":"a","function":{"name":"get_"}}`, `{"index":0,"function":{"name":"time","arguments":"{}"}}`},
			[]string{`a get_time {}`}},
		{"no arguments at all", []string{`{"index":0,"id":"a","function":{"name":"f"}}`}, []string{`a f `}},
	}
	for _, c := range cases {
		if got := callsOf(t, c.deltas...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFault36DuplicateIDs(t *testing.T) {
	got := callsOf(t, `{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}}`, `{"index":1,"id":"x","function":{"name":"g","arguments":"{"}}`,
		`{"index":1,"function":{"arguments":"}"}}`)
	if want := []string{"x f {}", "x g {}"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	got = callsOf(t, `{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}}`, `{"index":0,"id":"x","function":{"name":"g","arguments":"{}"}}`)
	if want := []string{"x f {}", "x g {}"}; !slices.Equal(got, want) {
		t.Errorf("same index too: %q, want %q", got, want)
	}
}

// TestFault35Property cuts calls into pieces anywhere, under every habit that
// servers have with indexes, and wants them back.
func TestFault35Property(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		habit := rapid.SampledFrom([]string{"index", "from 1", "no index", "index 0"}).Draw(rt, "habit")
		n := rapid.IntRange(1, 4).Draw(rt, "calls")
		var deltas, want []string
		for i := range n {
			id, name := string(rune('a'+i)), "f"
			args := encode(map[string]string{"k": rapid.String().Draw(rt, "value")})
			want = append(want, id+" "+name+" "+args)
			index := map[string]string{"index": encode(i), "from 1": encode(i + 1), "no index": "null", "index 0": "0"}[habit]
			deltas = append(deltas, `{"index":`+index+`,"id":"`+id+`","type":"function","function":{"name":"f","arguments":""}}`)
			for len(args) > 0 {
				k := rapid.IntRange(1, len(args)).Draw(rt, "piece")
				for k < len(args) && args[k]&0xC0 == 0x80 {
					k++ // a JSON string of half a character is another matter
				}
				deltas = append(deltas, `{"index":`+index+`,"function":{"arguments":`+encode(args[:k])+`}}`)
				args = args[k:]
			}
		}
		if got := callsOf(t, deltas...); !slices.Equal(got, want) {
			rt.Fatalf("%q, want %q", got, want)
		}
	})
}

func TestFault37BytesGoThrough(t *testing.T) {
	cases := []struct {
		name string
		in   []string // insides of content strings
		want string   // the content in the body
	}{
		{"surrogates split", []string{`\ud83d`, `\ude00`}, `"\ud83d\ude00"`},
		{"lone surrogate", []string{`a\ud83d`, `b`}, `"a\ud83db"`},
		{"UTF-8 split", []string{"\xf0\x9f", "\x98\x80"}, "\"\xf0\x9f\x98\x80\""},
		{"invalid UTF-8", []string{"\xff", "\xfe"}, "\"\xff\xfe\""},
		{"escapes", []string{`\"`, `\\`, `\/`, `\u0041\n`}, `"\"\\\/\u0041\n"`},
		{"NUL", []string{`\u0000`, `x`}, `"\u0000x"`},
	}
	for _, c := range cases {
		var body strings.Builder
		for _, in := range c.in {
			body.WriteString(chunk(`{"content":"`+in+`"}`, "null"))
		}
		resp, _, err := ask(answer(200, nil, body.String()+chunk(`{}`, "stop")+done), "")
		if err != nil || string(resp.Choices[0].Content) != c.want {
			t.Errorf("%s: %v, %+v", c.name, err, resp)
		}
	}
}

func TestFault38Usage(t *testing.T) {
	for _, usage := range []string{
		`null`, `{}`, `7`, `[]`, `{"prompt_tokens":-1,"completion_tokens":2}`, `{"prompt_tokens":1,"completion_tokens":-2}`,
		`{"prompt_tokens":1e999,"completion_tokens":2}`, `{"prompt_tokens":1.5,"completion_tokens":2}`,
		`{"prompt_tokens":"1","completion_tokens":2}`, `{"prompt_tokens":3}`, `{"prompt_tokens":99999999999999999999,"completion_tokens":1}`,
	} {
		stream := chunk(`{"content":"x"}`, "stop") + `data: {"choices":[],"usage":` + usage + "}\n\n" + done
		for _, body := range []string{stream, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":` + usage + `}`} {
			resp, _, err := ask(answer(200, nil, body), "")
			if err != nil || resp.Text() != "x" || resp.Usage != (paceline.Usage{}) {
				t.Errorf("%s: %v, %+v", usage, err, resp)
			}
		}
	}
	good := readUsage([]byte(`{"prompt_tokens":1e1,"completion_tokens":2.0,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":1}}`))
	if want := (paceline.Usage{Prompt: 10, Completion: 2, Reasoning: 1, Known: true}); good != want {
		t.Errorf("got %+v", good)
	}
}

func TestFault34FinishReasons(t *testing.T) {
	for _, reason := range []string{"length", "content_filter", "tool_calls", "abort", "repetition"} {
		resp, _, err := ask(answer(200, nil, chunk(`{"content":"x"}`, reason)+done), "")
		if err != nil || resp.FinishReason() != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestFault41AnotherModel(t *testing.T) {
	resp, _, err := ask(answer(200, nil, strings.ReplaceAll(chunk(`{"content":"x"}`, "stop"), `"m"`, `"m-2024"`)+done), "")
	if err != nil || resp.Model != "m-2024" {
		t.Errorf("%v, %+v", err, resp)
	}
}

func TestResponsesAPI(t *testing.T) {
	whole := `{"id":"resp_1","object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"model":"m","output":[` +
		`{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}]},{"type":"message","content":[{"type":"output_text","text":"a\"b"},{"type":"output_text","text":"c"}]},` +
		`{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}],"usage":{"input_tokens":1,"output_tokens":2}}`
	for _, body := range []string{whole, `data: {"type":"response.incomplete","response":` + whole + "}\n\n"} {
		resp, _, err := ask(answer(200, nil, body), "/responses")
		if err != nil {
			t.Fatal(err)
		}
		ch := resp.Choices[0]
		if string(resp.Body) != whole || ch.Text() != `a"bc` || string(ch.Reasoning) != `"Hm"` || ch.FinishReason != "length" ||
			string(ch.ToolCalls) != `[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]` {
			t.Errorf("got %+v", ch)
		}
	}
	if e := failsWith(t, answer(200, nil, pieces(responsesStream)[0]), "/responses"); e.Code != paceline.CodeCut {
		t.Errorf("no terminal event: %+v", e)
	}
	if e := failsWith(t, answer(200, nil, `{"status":"failed","error":{"code":"server_error","message":"m"},"output":[]}`), "/responses"); e.Code != paceline.CodeServer {
		t.Errorf("failed: %+v", e)
	}
}
