package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	paceline "github.com/seed-1814a72b/paceline"
)

func done(raw string) *paceline.Result {
	return &paceline.Result{
		Item: paceline.Item{Index: 3, Raw: json.RawMessage(raw)},
		Response: &paceline.Response{
			Body:    json.RawMessage(`{"id":"x"}`),
			Choices: []paceline.Choice{{Content: json.RawMessage(`"pos\u00e9 <b>"`), FinishReason: "stop"}},
			Model:   "m-1", RequestID: "req_1", Status: 200,
		},
		Requests: 2, FirstToken: 812437 * time.Microsecond, Total: 1500 * time.Millisecond,
		Usage: paceline.Usage{Prompt: 10, Completion: 2, Known: true},
		Cost:  paceline.Cost{USD: 0.00001 + 0.000002, Known: true},
	}
}

const doneLLM = `"llm":{"response":"posé <b>","finish_reason":"stop","requests":2,"usage":{"prompt_tokens":10,"completion_tokens":2},` +
	`"cost_usd":0.000012,"ttft_ms":812.437,"total_ms":1500,"model":"m-1","request_id":"req_1"}}`

func TestRowKeepsTheItemsFields(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"object", `{"id": 12345678901234567890 , "a":{ "llm":1}}`, `{"id": 12345678901234567890 , "a":{ "llm":1},"index":3,`},
		{"empty object", `{ }`, `{"index":3,`},
		{"string", `"a \u00e9"`, `{"text":"a \u00e9","index":3,`},
		{"own index and llm", `{"index":7,"a": 1,"llm":{"x":[1]},"b":2 , "c":3}`, `{"a": 1,"b":2 , "c":3,"index":3,`},
		{"escaped names", `{"\u006clm":1,"ind\u0065x":2,"a":3}`, `{"a":3,"index":3,`},
		{"only own index", `{"index":7}`, `{"index":3,`},
		{"several lines", "{\"a\": \"x\\n\",\r\n \"b\":2}", `{"a":"x\n","b":2,"index":3,`},
		{"not UTF-8", "{\"a\":\"\xff\"}", "{\"a\":\"\xff\",\"index\":3,"},
		{"not JSON", "{\"a\":\x01", `{"raw":"{\"a\":\u0001","index":3,`},
		{"no item", `[1]`, `{"raw":"[1]","index":3,`},
		{"nothing", ``, `{"index":3,`},
	}
	for _, tt := range tests {
		got := string(AppendRow([]byte("kept:"), done(tt.raw)))
		if want := "kept:" + tt.want + doneLLM; got != want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, want)
		}
	}
	r := done("")
	r.Item.ID = "a\"b"
	if got := string(AppendRow(nil, r)); !strings.HasPrefix(got, `{"id":"a\"b","index":3,`) {
		t.Errorf("got %s", got)
	}
}

func TestRowAnswers(t *testing.T) {
	tests := []struct {
		name string
		resp paceline.Response
		want string
	}{
		{"tool calls", paceline.Response{Choices: []paceline.Choice{{
			Content: json.RawMessage("null"), ToolCalls: json.RawMessage("[{\"id\":\n\"a\"}]"), Refusal: json.RawMessage("null"), FinishReason: "tool_calls"}}},
			`{"response":null,"tool_calls":[{"id":"a"}],"finish_reason":"tool_calls",`},
		{"refusal and reasoning", paceline.Response{Choices: []paceline.Choice{{
			Refusal: json.RawMessage(`"no"`), Reasoning: json.RawMessage(`"hm"`), ToolCalls: json.RawMessage("[]")}}},
			`{"response":null,"refusal":"no","reasoning":"hm","finish_reason":null,`},
		{"fault 34, cut short", paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage(`"a"`), FinishReason: "length"}}},
			`{"response":"a","finish_reason":"length",`},
		{"two choices", paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage(`"a"`)}, {Content: json.RawMessage(`"b"`)}, {}}},
			`{"response":"a","responses":["a","b",null],"finish_reason":null,`},
		{"parts", paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage(`[{"type":"text"}]`)}}},
			`{"response":[{"type":"text"}],"finish_reason":null,`},
		{"embedding", paceline.Response{Body: json.RawMessage("{\n\"data\": [0.1]}")}, `{"response":{"data":[0.1]},"finish_reason":null,`},
		{"fault 37, lone surrogate", paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage("\"\\ud800\xff\"")}}},
			"{\"response\":\"\\ud800\xff\",\"finish_reason\":null,"},
		{"broken content", paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage(`"a`)}}}, `{"response":"\"a","finish_reason":null,`},
	}
	for _, tt := range tests {
		r := done(`{}`)
		r.Response = &tt.resp
		got := string(AppendRow(nil, r))
		if !strings.HasPrefix(got, `{"index":3,"llm":`+tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func failed(status paceline.Status, e *paceline.Error) *paceline.Result {
	return &paceline.Result{Item: paceline.Item{Index: 9, ID: "a", Raw: json.RawMessage(`{"x":1}`)}, Status: status, Err: e}
}

func TestRowOfFailedItem(t *testing.T) {
	const nothing = `"finish_reason":null,"requests":0,"usage":null,"cost_usd":null,"ttft_ms":null,"total_ms":null,"model":null,`
	tests := []struct {
		name string
		r    *paceline.Result
		want string
	}{
		{"fault 5, refused", failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeInvalidRequest, Message: "no", Status: 400,
			ProviderCode: "bad", RequestID: "q", Attempts: 1, Remote: true, Body: []byte("{\"error\":\n{}}")}),
			`{"x":1,"index":9,"llm":{"response":null,` + nothing + `"request_id":"q","error":{"code":"invalid_request","message":"no","status":400,"attempts":1,"provider_code":"bad","body":{"error":{}}}}}`},
		{"fault 9, a page", failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeServer, Status: 502, Err: errors.New("bad\ngateway"), Attempts: 5, Body: []byte("<html>\n")}),
			`{"x":1,"index":9,"llm":{"response":null,` + nothing + `"request_id":null,"error":{"code":"server_error","message":"bad\ngateway","status":502,"attempts":5,"body":"<html>"}}}`},
		{"of a pool", failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeServer, Message: "no", Status: 500, Attempts: 5, Endpoint: "a"}),
			`{"x":1,"index":9,"llm":{"response":null,` + nothing + `"request_id":null,"error":{"code":"server_error","message":"no","status":500,"attempts":5,"endpoint":"a"}}}`},
		{"connection", failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeConnection, Message: "refused", Attempts: 5}),
			`{"x":1,"index":9,"llm":{"response":null,` + nothing + `"request_id":null,"error":{"code":"connection","message":"refused","status":null,"attempts":5}}}`},
		{"no reason", failed(paceline.StatusFailed, nil),
			`{"x":1,"index":9,"llm":{"response":null,` + nothing + `"request_id":null,"error":{"code":"unknown","message":"no reason was given","status":null,"attempts":0}}}`},
	}
	for _, tt := range tests {
		if got := string(AppendRow(nil, tt.r)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestRowOfInvalidAnswer(t *testing.T) {
	r := done(`{}`)
	r.Status = paceline.StatusInvalid
	got := AppendRow(nil, r)
	if gjson.GetBytes(got, "llm.response").Raw != `"posé <b>"` || gjson.GetBytes(got, "llm.error.code").String() != "invalid_answer" {
		t.Errorf("got %s", got)
	}
}

func TestRowOfAValue(t *testing.T) {
	r := done(`{}`)
	c := &r.Response.Choices[0]
	c.Value, c.Repairs = json.RawMessage("{\n \"n\": 12345678901234567890}"), []string{"cut \"out\"", "mended"}
	want := `"finish_reason":"stop","value":{"n":12345678901234567890},"repaired":true,"repairs":["cut \"out\"","mended"],"requests":2`
	if got := string(AppendRow(nil, r)); !strings.Contains(got, want) || !json.Valid([]byte(got)) {
		t.Errorf("got %s", got)
	}
	r.Response.Choices = append(r.Response.Choices, paceline.Choice{Content: json.RawMessage(`"b"`), Value: json.RawMessage(`"b"`), Repairs: []string{"mended"}})
	want = `"value":{"n":12345678901234567890},"values":[{"n":12345678901234567890},"b"],"repaired":true,"repairs":["cut \"out\"","mended"],"requests":2`
	if got := string(AppendRow(nil, r)); !strings.Contains(got, want) || !json.Valid([]byte(got)) {
		t.Errorf("got %s", got)
	}
}

// Every ending is told apart in a row, and read back from it.
func TestFault34RowsOfEndings(t *testing.T) {
	for code, want := range map[paceline.Code]paceline.Status{
		paceline.CodeInvalidAnswer: paceline.StatusInvalid, paceline.CodeTruncated: paceline.StatusTruncated,
		paceline.CodeContentFilter: paceline.StatusFiltered, paceline.CodeRefused: paceline.StatusRefused,
	} {
		r := done(`{}`)
		r.Status, r.Err = want, &paceline.Error{Code: code, Message: "m", Status: 200}
		row := AppendRow(nil, r)
		if got := gjson.GetBytes(row, "llm.error.code").String(); got != code.String() || gjson.GetBytes(row, "llm.response").String() != "posé <b>" {
			t.Errorf("%s", row)
		}
		if back, err := ParseRow(row); err != nil || back.Status != want {
			t.Errorf("%s is read as %v, %v", row, back.Status, err)
		}
	}
}

func TestFault58RowOfUnreadableLine(t *testing.T) {
	in := "{]\n" + "x" + strings.Repeat("é", 3000) + "\n" + `{"custom_id":"a","url":"/v1/files","body":{}}`
	items := all(t, JSONL(strings.NewReader(in)))
	wants := []string{`{"raw":"{]","index":0,`, `{"raw":"xéé`, `{"custom_id":"a","url":"/v1/files","body":{},"index":2,`}
	for i, it := range items {
		r := &paceline.Result{Item: it, Status: paceline.StatusFailed}
		row := AppendRow(nil, r)
		if !bytes.HasPrefix(row, []byte(wants[i])) || !json.Valid(row) || len(row) > 2000 {
			t.Errorf("got %s", row)
		}
		if code, msg := gjson.GetBytes(row, "llm.error.code").String(), gjson.GetBytes(row, "llm.error.message").String(); code != "bad_item" || !strings.HasPrefix(msg, fmt.Sprintf("line %d: ", i+1)) {
			t.Errorf("error %s: %s", code, msg)
		}
	}
	if bytes.Contains(AppendRow(nil, &paceline.Result{Item: items[1], Status: paceline.StatusFailed}), []byte("\ufffd")) {
		t.Error("the cut went through a character")
	}
}

func TestParseRow(t *testing.T) {
	row, err := ParseRow(AppendRow(nil, done(`{"index":99,"llm":1}`)))
	want := Row{Index: 3, Requests: 2, Usage: paceline.Usage{Prompt: 10, Completion: 2, Known: true},
		Cost: paceline.Cost{USD: 0.000012, Known: true}, FirstToken: 812437 * time.Microsecond, Total: 1500 * time.Millisecond,
		FinishReason: "stop", Model: "m-1", RequestID: "req_1"}
	if err != nil || row != want {
		t.Errorf("got %+v, %v", row, err)
	}
	r := failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeServer, Message: "x", Status: 500, Attempts: 5})
	row, err = ParseRow(AppendRow(nil, r))
	if err != nil || row.Status != paceline.StatusFailed || *row.Error != (RowError{"server_error", "x", 500, 5}) || row.Usage.Known || row.Cost.Known {
		t.Errorf("got %+v, %v", row, err)
	}
	row, err = ParseRow(AppendRow(nil, failed(paceline.StatusInvalid, nil)))
	if err != nil || row.Status != paceline.StatusInvalid {
		t.Errorf("got %+v, %v", row, err)
	}
	for _, bad := range []string{"", "{}", `{"index":1}`, `{"index":"1","llm":{}}`, `{"index":1,"llm":{}`, `{"llm":{}}`} {
		if _, err := ParseRow([]byte(bad)); err == nil {
			t.Errorf("%s is taken for a row", bad)
		}
	}
}

func TestAppendBatch(t *testing.T) {
	invalid := done(`{}`)
	invalid.Status = paceline.StatusInvalid
	tests := []struct {
		name string
		r    *paceline.Result
		want string
	}{
		{"done", done(`{}`), `{"id":"batch_req_0000000000000003","custom_id":"item-3","response":{"status_code":200,"request_id":"req_1","body":{"id":"x"}},"error":null}`},
		{"refused", failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Remote: true, Body: []byte("{\n\"error\":{}}")}),
			`{"id":"batch_req_0000000000000009","custom_id":"a","response":{"status_code":400,"request_id":"","body":{"error":{}}},"error":null}`},
		{"refused with a page", failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeServer, Status: 502, Remote: true, Message: "bad", Body: []byte("<html>")}),
			`{"id":"batch_req_0000000000000009","custom_id":"a","response":{"status_code":502,"request_id":"","body":{"error":{"code":"server_error","message":"bad"}}},"error":null}`},
		{"lost", failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeCut, Message: "cut", Status: 200}),
			`{"id":"batch_req_0000000000000009","custom_id":"a","response":null,"error":{"code":"cut","message":"cut"}}`},
		{"invalid", invalid, `{"id":"batch_req_0000000000000003","custom_id":"item-3","response":{"status_code":200,"request_id":"req_1","body":{"id":"x"}},"error":{"code":"invalid_answer","message":"the answer was not accepted"}}`},
	}
	for _, tt := range tests {
		if got := string(AppendBatch(nil, tt.r)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestAppendResponse(t *testing.T) {
	r := done(`{}`)
	r.Response.Body = json.RawMessage("{\n  \"n\": 12345678901234567890,\n  \"s\": \"a\\nb\"\n}\n")
	if got := string(AppendResponse(nil, r)); got != `{"n":12345678901234567890,"s":"a\nb"}` {
		t.Errorf("got %s", got)
	}
	r.Status = paceline.StatusInvalid
	if got := AppendResponse(nil, r); gjson.GetBytes(got, "response.s").String() != "a\nb" || gjson.GetBytes(got, "error.code").String() != "invalid_answer" {
		t.Errorf("got %s", got)
	}
	f := failed(paceline.StatusFailed, &paceline.Error{Code: paceline.CodeCut, Message: "cut", Attempts: 5})
	if got := string(AppendResponse(nil, f)); got != `{"error":{"code":"cut","message":"cut","status":null,"attempts":5},"index":9}` {
		t.Errorf("got %s", got)
	}
}

func TestMillis(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "null", -1: "null", 1: "0.001", time.Microsecond * 50: "0.05", time.Second: "1000", 10 * time.Millisecond: "10", 1230 * time.Microsecond: "1.23"} {
		if got := string(appendMillis(nil, d)); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func TestCost(t *testing.T) {
	for usd, want := range map[float64]string{0: "0", 10: "10", 0.1 + 0.2: "0.3", 1e-9: "0.000000001", 123.456: "123.456"} {
		if got := string(appendCost(nil, paceline.Cost{USD: usd, Known: true})); got != want {
			t.Errorf("%v: got %s, want %s", usd, got, want)
		}
	}
	if got := string(appendCost(nil, paceline.Cost{USD: 1})); got != "null" {
		t.Errorf("unknown: got %s", got)
	}
}

// Whatever the item: one line of JSON, one index and one llm, and the item's
// other members byte for byte.
func FuzzAppendRow(f *testing.F) {
	for _, s := range []string{`{"a":1,"llm":{"llm":2},"b":[1, 2]}`, `"x"`, `{`, "{\n}", `{"index":1,"index":2}`, `{"\u0069ndex":1}`, `[1]`, "\"\xff\"", ` {"a":1} `, "{\"a\":\"\\u2028\u2028\"\r,\"b\":2}", `{"llm":1,"a":2`} {
		f.Add([]byte(s), []byte(`"answer"`))
	}
	f.Add([]byte(`{}`), []byte("{\n\"a\":1}"))
	f.Fuzz(func(t *testing.T, raw, content []byte) {
		r := done(string(raw))
		r.Response.Choices[0].Content = content
		row := AppendRow(nil, r)
		if !json.Valid(row) || bytes.ContainsAny(row, "\r\n") {
			t.Fatalf("not one line of JSON: %q", row)
		}
		counts := map[string]int{}
		var members []string
		gjson.ParseBytes(row).ForEach(func(k, v gjson.Result) bool {
			counts[unquote([]byte(k.Raw))]++
			members = append(members, k.Raw+v.Raw)
			return true
		})
		if counts["index"] != 1 || counts["llm"] != 1 {
			t.Fatalf("index and llm: %v in %q", counts, row)
		}
		if got, err := ParseRow(row); err != nil || got.Index != 3 {
			t.Fatalf("not parsed back: %v: %q", err, row)
		}
		var own []string
		if json.Valid(raw) && trimSpace(raw)[0] == '{' && !bytes.ContainsAny(raw, "\r\n") {
			gjson.ParseBytes(raw).ForEach(func(k, v gjson.Result) bool {
				if name := unquote([]byte(k.Raw)); name != "index" && name != "llm" {
					own = append(own, k.Raw+v.Raw)
				}
				return true
			})
			if got := strings.Join(members[:len(members)-2], ","); got != strings.Join(own, ",") {
				t.Fatalf("own fields %q became %q", own, got)
			}
		}
	})
}

// Every other escape stays as it came, and the text says the same.
func TestReadable(t *testing.T) {
	for _, tt := range []struct{ raw, want string }{
		{`"plain"`, `"plain"`},
		{`"\u4e2d\u6587"`, `"中文"`},
		{`"caf\u00e9 \ud83d\ude00!"`, `"café 😀!"`},
		{`"a\\u00e9\n\"\u00E9\\"`, `"a\\u00e9\n\"é\\"`},
		{`"\u0041\u0000\u007f\u003c"`, `"\u0041\u0000\u007f\u003c"`},
		{`"\u2028\u2029\u0085\u009b"`, `"\u2028\u2029\u0085\u009b"`},
		{`"\ud83d"`, `"\ud83d"`},
		{`"\ud83d\u00e9"`, `"\ud83dé"`},
		{`"\ude00\ud83d x"`, `"\ude00\ud83d x"`},
		{`"\ud83d\n\ude00"`, `"\ud83d\n\ude00"`},
		{`["\u00e9"]`, `["\u00e9"]`},
		{`null`, `null`},
		{``, `null`},
	} {
		if got := string(appendReadable([]byte("x"), []byte(tt.raw))); got != "x"+tt.want {
			t.Errorf("%s became %s, want %s", tt.raw, got[1:], tt.want)
		}
	}
}

func FuzzReadable(f *testing.F) {
	for _, s := range []string{`"\u4e2d"`, `"\ud83d\ude00\ud83d"`, `"\\u00e9\""`, `{"a":"\u00e9"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) || !utf8.Valid(raw) {
			return
		}
		out := appendReadable(nil, raw)
		if !json.Valid(out) || len(out) > len(raw) {
			t.Fatalf("%q became %q", raw, out)
		}
		var before, after string
		if json.Unmarshal(raw, &before) == nil && (json.Unmarshal(out, &after) != nil || before != after) {
			t.Fatalf("%q became %q", raw, out)
		}
	})
}

func BenchmarkAppendReadable(b *testing.B) {
	escaped := []byte(`"` + strings.Repeat(`\u4e2d\u6587 and some ASCII `, 20) + `"`)
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(escaped)))
	for b.Loop() {
		dst = appendReadable(dst[:0], escaped)
	}
}

func BenchmarkAppendRow(b *testing.B) {
	r := done(`{"id":12345,"text":"` + strings.Repeat("The room was clean, the staff kind. ", 7) + `","stars":4}`)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendRow(dst[:0], r)
	}
	b.SetBytes(int64(len(dst)))
}
