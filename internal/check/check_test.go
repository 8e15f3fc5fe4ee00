package check

import (
	"encoding/json"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/schema"
)

func quoted(s string) json.RawMessage { return encoded(s) }

// judge returns the value, what was repaired and the error of a single answer.
func judge(r Rule, ch paceline.Choice) (value, repairs, fault string) {
	resp := &paceline.Response{Choices: []paceline.Choice{ch}}
	if err := New(r, false).Accept(nil, resp); err != nil {
		return "", "", err.Error()
	}
	return string(resp.Choices[0].Value), strings.Join(resp.Choices[0].Repairs, ", "), ""
}

func object(t testing.TB) *schema.Schema {
	t.Helper()
	s, err := schema.Compile("s.json", []byte(`{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each answer with what is made of it: by itself, and with --repair.
func TestJSON(t *testing.T) {
	for _, c := range []struct{ answer, value, fault, repaired, repairs string }{
		{answer: " {\"a\": 12345678901234567890}\n", value: `{"a": 12345678901234567890}`},
		{answer: `{"a":"x"}`, fault: "a: got string, want integer"},
		{answer: "Sure!\n```json\n{\"a\": 1}\n```\nAnything else?", fault: "there is text around the JSON:", repaired: `{"a": 1}`, repairs: wasCut},
		{answer: "```\n{\"a\": 1}\n```", fault: "there is text around the JSON:", repaired: `{"a": 1}`, repairs: wasCut},
		{answer: `As in [1] and {x}: {"b": "}{", "a": 1} {"a": 2}`, fault: "there is text around the JSON:", repaired: `{"a": 2}`, repairs: wasCut},
		{answer: `{"a": 1,}`, fault: "not valid JSON at line 1, column 9", repaired: `{"a": 1}`, repairs: wasMended},
		{answer: `{'a': 1}`, fault: "not valid JSON at line 1, column 2", repaired: `{"a": 1}`, repairs: wasMended},
		{answer: "I say {a: 1 // one\n} to that", fault: "not valid JSON at line 1, column 1", repaired: "{\"a\": 1 \n}", repairs: wasCut + ", " + wasMended},
		{answer: `See [1]. {"a": 1`, fault: "not valid JSON at line 1", repaired: `{"a": 1}`, repairs: wasCut + ", " + wasMended},
		{answer: "I can't do that.", fault: "not valid JSON at line 1, column 1"},
		{answer: "", fault: errEmpty.Error()},
	} {
		for _, repair := range []bool{false, true} {
			want, wantRepairs := c.value, ""
			if repair && c.repaired != "" {
				want, wantRepairs = c.repaired, c.repairs
			}
			value, repairs, fault := judge(JSON{Schema: object(t), Repair: repair}, paceline.Choice{Content: quoted(c.answer)})
			if value != want || repairs != wantRepairs || want == "" && !strings.HasPrefix(fault, c.fault) {
				t.Errorf("%q, repair %v: %s (%s) %s", c.answer, repair, value, repairs, fault)
			}
		}
	}
	if value, _, fault := judge(JSON{}, paceline.Choice{Content: quoted("3")}); value != "3" {
		t.Error("any JSON will do:", fault)
	}
}

// What was cut off may be whole all the same, but is never completed.
func TestFault34CutAnswers(t *testing.T) {
	labels, err := NewOneOf([]string{"yes", "no", "no idea"}, false)
	if err != nil {
		t.Fatal(err)
	}
	pattern, err := NewMatch(`\d+`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule          Rule
		answer, fault string
	}{
		{JSON{}, `{"a":1}`, ""},
		{JSON{}, `"x"`, ""},
		{JSON{}, `12`, errCutNumber.Error()},
		{JSON{Repair: true}, "```json\n[1, 2.5, \"x\"]\n", ""},
		{JSON{Repair: true}, `{"a":[1,2`, "not valid JSON at line 1"},
		{JSON{Repair: true, Schema: object(t)}, `{"a":1`, "not valid JSON at line 1"},
		{labels, "yes", ""},
		{labels, "no", `"no" may be the beginning of "no idea"`},
		{pattern, "12", errCutMatch.Error()},
	} {
		_, _, fault := judge(c.rule, paceline.Choice{Content: quoted(c.answer), FinishReason: "length"})
		if c.fault == "" && fault != "" || !strings.HasPrefix(fault, c.fault) {
			t.Errorf("%q: %s", c.answer, fault)
		}
	}
	resp := &paceline.Response{Choices: []paceline.Choice{{Content: quoted("12"), FinishReason: "length"}}}
	if err := New(pattern, true).Accept(nil, resp); err != nil {
		t.Error("allowed, and still:", err)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct{ pattern, answer, value string }{
		{`yes|no`, "\n yes ", `"yes"`},
		{`yes|no`, "I don't know", ""},
		{`yes|no`, "yes.", ""},
		{`(?s).*ANSWER: (yes|no)`, "Well <\nANSWER: no", `"no"`},
		{`(\d+)-(\d+)?`, "12-", `["12",null]`},
		{`(?P<from>\d+)-(?P<to>\d+)`, "1-2", `{"from":"1","to":"2"}`},
		{`a|ab`, "ab", `"ab"`},
	} {
		m, err := NewMatch(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if value, _, fault := judge(m, paceline.Choice{Content: quoted(c.answer)}); value != c.value || strings.Contains(fault, "\n") {
			t.Errorf("%s of %q: %s %s", c.pattern, c.answer, value, fault)
		}
	}
	if _, err := NewMatch("a)(b"); err == nil {
		t.Error("a pattern is completed by what is put around it")
	}
}

func TestOneOf(t *testing.T) {
	exact, _ := NewOneOf([]string{"Good", " bad "}, false)
	folded, _ := NewOneOf([]string{"Good", "bad"}, true)
	for _, c := range []struct {
		rule          Rule
		answer, value string
	}{
		{exact, " Good\n", `"Good"`}, {exact, "good", ""}, {exact, "bad.", ""}, {exact, "bad", `"bad"`},
		{folded, "GOOD", `"Good"`}, {folded, "Bad", `"bad"`}, {folded, "", ""},
	} {
		if value, _, fault := judge(c.rule, paceline.Choice{Content: quoted(c.answer)}); value != c.value {
			t.Errorf("%q: %s %s", c.answer, value, fault)
		}
	}
	for _, bad := range [][]string{{"a"}, {"a", ""}, {"a", "A"}, nil} {
		if _, err := NewOneOf(bad, true); err == nil {
			t.Errorf("%q are taken", bad)
		}
	}
}

// What is judged of an answer that is no plain text.
func TestAnswersOfOtherShapes(t *testing.T) {
	call := func(n int, arguments string) json.RawMessage {
		one := `{"id":"c","function":{"name":"f","arguments":` + arguments + `}}`
		return json.RawMessage("[" + strings.Repeat(one+",", n-1) + one + "]")
	}
	null := json.RawMessage("null")
	for name, c := range map[string]struct {
		choice       paceline.Choice
		value, fault string
	}{
		"parts":         {paceline.Choice{Content: json.RawMessage(`[{"type":"thinking","thinking":"{"},{"type":"text","text":"{\"a\""},{"type":"text","text":":1}"}]`)}, `{"a":1}`, ""},
		"null":          {paceline.Choice{Content: null}, "", "the answer is empty"},
		"nothing":       {paceline.Choice{}, "", "the answer is empty"},
		"a call":        {paceline.Choice{Content: null, ToolCalls: call(1, `"{\"a\":1}"`)}, `{"a":1}`, ""},
		"a call (JSON)": {paceline.Choice{Content: json.RawMessage(`""`), ToolCalls: call(1, `{"a":1}`)}, `{"a":1}`, ""},
		"a wrong call":  {paceline.Choice{Content: null, ToolCalls: call(1, `"{}"`)}, "", "missing property 'a'"},
		"two calls":     {paceline.Choice{Content: null, ToolCalls: call(2, `"{}"`)}, "", "the answer is 2 tool calls; one can be checked"},
		"text and call": {paceline.Choice{Content: quoted(`{"a":1}`), ToolCalls: call(2, `"{}"`)}, `{"a":1}`, ""},
	} {
		if value, _, fault := judge(JSON{Schema: object(t)}, c.choice); value != c.value || fault != c.fault {
			t.Errorf("%s: %s %s", name, value, fault)
		}
	}
	resp := &paceline.Response{Choices: []paceline.Choice{{Content: quoted(`{"a":1}`)}, {Content: quoted(`{}`)}, {Content: quoted(`x`)}}}
	err := New(JSON{Schema: object(t)}, false).Accept(nil, resp)
	if err == nil || err.Error() != "choice 1: missing property 'a'; choice 2: not valid JSON at line 1, column 1: invalid character 'x' looking for beginning of value" {
		t.Error(err)
	}
	if err := New(JSON{}, false).Accept(nil, &paceline.Response{}); err != errNoChoices {
		t.Error(err)
	}
}

// Whatever is found is a part of the text, is JSON if it is said to be, and is
// found again in any prose without brackets.
func FuzzFind(f *testing.F) {
	for _, s := range []string{`{"a":[1,"]"]}`, `[[[`, `}{`, `{"`, `"{"`, `[1]`, "```json\n{}\n```", `{"a":"\"}"}`, `{"a":1,}`} {
		f.Add("Sure: ", s, " Bye.")
	}
	f.Fuzz(func(t *testing.T, before, s, after string) {
		for _, p := range Find(before + s + after) {
			if !strings.Contains(before+s+after, p.Text) || p.Valid != json.Valid([]byte(p.Text)) {
				t.Fatalf("%q is found, valid: %v", p.Text, p.Valid)
			}
		}
		s = strings.TrimSpace(s)
		if !json.Valid([]byte(s)) || len(s) < 2 || s[0] != '{' && s[0] != '[' || strings.ContainsAny(before+after, "[]{}") {
			return
		}
		if parts := Find(before + s + after); len(parts) != 1 || parts[0] != (Part{s, true}) {
			t.Fatalf("%q in %q: %+v", s, before+s+after, parts)
		}
	})
}

func FuzzRepair(f *testing.F) {
	for _, s := range []string{`{"a":1,}`, `{a:1}`, "{\"a\":'x", `[1 2 3`, `{"a":/*c*/1}`, "{\"a\":\"x\ny\"}", `{{{{`, `[,,,]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		value, _, err := JSON{Repair: true}.read([]byte(s), false)
		if err == nil && !json.Valid(value) {
			t.Fatalf("%q became %q", s, value)
		}
		if value, _, err := (JSON{Repair: true}).read([]byte(s), true); err == nil && !strings.Contains(s, string(value)) {
			t.Fatalf("%q, cut off, was completed to %q", s, value)
		}
	})
}
