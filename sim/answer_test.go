package sim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestStreamedEqualsUnstreamed puts streams together and compares them with
// what the server sends for the same request unstreamed.
func TestStreamedEqualsUnstreamed(t *testing.T) {
	weather := `,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":7}},"required":["city","days"]}}}]`
	for name, more := range map[string]string{
		"plain":       "",
		"choices":     `,"n":3`,
		"logprobs":    `,"logprobs":true,"top_logprobs":2`,
		"limited":     `,"max_tokens":5`,
		"limited too": `,"max_completion_tokens":7`,
		"schema":      `,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"number"}}},"required":["a","b"]}}}`,
		"json":        `,"response_format":{"type":"json_object"}`,
		"required":    weather + `,"tool_choice":"required"`,
		"named":       weather + `,"tool_choice":{"type":"function","function":{"name":"weather"}}`,
		"cut call":    weather + `,"tool_choice":"required","max_tokens":1`,
		"unused tool": weather + `,"tool_choice":"auto"`,
	} {
		t.Run(name, func(t *testing.T) {
			onNetwork(t, Config{Seed: 7, Reasoning: MustCounts("4")}, func(t *testing.T, s *Server, c *http.Client) {
				whole := send(c, chatBody("How is the weather in Oslo, \"today\" and 明天?", more))
				stream := send(c, chatBody("How is the weather in Oslo, \"today\" and 明天?", more+streamed))
				mustBe(t, "statuses", fmt.Sprint(whole.status, stream.status), "200 200")
				compare(t, gjson.Parse(whole.body), rebuilt(stream.body))
			})
		})
	}
}

func compare(t *testing.T, whole gjson.Result, stream *rebuild) {
	t.Helper()
	head := fmt.Sprint(whole.Get("id"), whole.Get("model"), whole.Get("system_fingerprint"), whole.Get("service_tier"), whole.Get("created"))
	mustBe(t, "head", stream.head, head)
	mustBe(t, "usage", stream.usage, whole.Get("usage").Raw)
	mustBe(t, "[DONE]", stream.done, true)
	mustBe(t, "choices", len(stream.choices), len(whole.Get("choices").Array()))
	for i, w := range whole.Get("choices").Array() {
		got := stream.choices[i]
		mustBe(t, "content", got.content, w.Get("message.content").String())
		mustBe(t, "reasoning", got.reasoning, w.Get("message.reasoning_content").String())
		mustBe(t, "finish", got.finish, w.Get("finish_reason").String())
		mustBe(t, "logprobs", fmt.Sprint(got.logprobs), fmt.Sprint(w.Get("logprobs.content").Array()))
		mustBe(t, "calls", len(got.ids), len(w.Get("message.tool_calls").Array()))
		for k, call := range w.Get("message.tool_calls").Array() {
			mustBe(t, "call id", got.ids[k], call.Get("id").String())
			mustBe(t, "call name", got.names[k], call.Get("function.name").String())
			mustBe(t, "arguments", got.arguments[k], call.Get("function.arguments").String())
		}
	}
}

func TestChunksAreAsOpenAIs(t *testing.T) {
	s := newServer(t, Config{Tokens: MustCounts("2")})
	events := strings.Split(strings.TrimSpace(direct(s, chatBody("Hi there", streamed)).body), "\n\n")
	mustBe(t, "events", len(events), 6) // role, two tokens, finish, usage, [DONE]
	for i, want := range []string{
		`[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]`,
		`[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]`,
		`[{"index":0,"delta":{"content":" there"},"logprobs":null,"finish_reason":null}]`,
		`[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]`,
		`[]`,
	} {
		data := gjson.Parse(strings.TrimPrefix(events[i], "data: "))
		mustBe(t, "choices", data.Get("choices").Raw, want)
		mustBe(t, "object", data.Get("object").String(), "chat.completion.chunk")
		mustBe(t, "usage is there", data.Get("usage").Exists(), true)
		mustBe(t, "usage is null", data.Get("usage").Type == gjson.Null, i < 4)
	}
	mustBe(t, "end", events[5], "data: [DONE]")
	if r := direct(s, chatBody("Hi there", `,"stream":true`)); strings.Contains(r.body, "usage") {
		t.Errorf("usage that was not asked for: %s", r.body)
	}
}

// The texts do not depend on the order of arrival, but on seed and body.
func TestAnswersAreDeterministic(t *testing.T) {
	answers := func(seed uint64, order []int) map[int]string {
		s := newServer(t, Config{Seed: seed, Tokens: MustCounts("uniform:1,60"), Errors: must(ParseFaults("500:0.3"))})
		texts := map[int]string{}
		for _, k := range order {
			body := chatBody(fmt.Sprintf("Item %d. One of: red, green, blue?", k/2), `,"temperature":0.`+itoa(k%2))
			for texts[k] == "" { // again, if it failed
				texts[k] = direct(s, body).text()
			}
		}
		return texts
	}
	one := answers(1, rand.New(rand.NewPCG(1, 1)).Perm(200))
	two := answers(1, rand.New(rand.NewPCG(2, 2)).Perm(200))
	other := answers(2, rand.New(rand.NewPCG(1, 1)).Perm(200))
	differ := 0
	for k, text := range one {
		mustBe(t, "in another order", two[k], text)
		if other[k] != text {
			differ++
		}
	}
	if differ < 80 {
		t.Errorf("only %d of 200 answers differ with another seed", differ)
	}
}

// The order of a body's keys does not matter, nor how it is to be sent.
func TestHashOfBodies(t *testing.T) {
	_, one := parseQuery(`{"model":"m","temperature":1}`, 1)
	_, two := parseQuery(`{"temperature":1,"stream":true,"model":"m","stream_options":{}}`, 1)
	_, three := parseQuery(`{"temperature":2,"model":"m"}`, 1)
	mustBe(t, "other order", two, one)
	if three == one {
		t.Error("other values have the same hash")
	}
}

// What happens to a request depends on how often it was seen: so that a run
// with the same requests has the same faults, in whatever order they come.
func TestFaultsAreDeterministic(t *testing.T) {
	faults := func(order []int) map[string]string {
		s := newServer(t, Config{Errors: must(ParseFaults("500:0.5"))})
		got := map[string]string{}
		for _, k := range order {
			for try := range 3 {
				got[fmt.Sprint(k, try)] = fmt.Sprint(direct(s, chatBody(itoa(k), "")).status)
			}
		}
		return got
	}
	one := faults(rand.New(rand.NewPCG(1, 1)).Perm(100))
	two := faults(rand.New(rand.NewPCG(2, 2)).Perm(100))
	again := 0
	for k, status := range one {
		mustBe(t, k, two[k], status)
		if strings.HasSuffix(k, " 0") && status != one[strings.Fields(k)[0]+" 1"] {
			again++
		}
	}
	if again < 25 {
		t.Errorf("only %d of 100 requests fared differently the second time", again)
	}
}

// A conversation that goes on is the one whose message has the marker.
func TestMarkersCountTheirMessage(t *testing.T) {
	s := newServer(t, Config{})
	const first = `{"role":"user","content":"x [[sim:fault=500 times=2]]"}`
	for i, want := range []int{500, 500, 200, 200} {
		more := strings.Repeat(`,{"role":"user","content":"again"}`, i)
		mustBe(t, fmt.Sprint("request ", i), direct(s, `{"model":"m","messages":[`+first+more+`]}`).status, want)
	}
}

func TestLabels(t *testing.T) {
	for _, test := range []struct {
		prompt string
		want   string // of the labels, joined; "" is none
	}{
		{"Answer with one of: positive, negative, mixed.", "positive|negative|mixed"},
		{"Label the text as one of the following: `bug`, `feature request` or `question`.\nText: x", "bug|feature request|question"},
		{"Classify as positive, negative or neutral: great!", "positive|negative|neutral"},
		{"Is it spam/ham?", "spam|ham"},
		{"Categories: [\"billing\", \"technical\"]", "billing|technical"},
		{"Choose from (A, B, C)", "A|B|C"},
		{"Reply with yes or no.", "yes|no"},
		{"Sentiment (positive|negative|mixed) of this review:", "positive|negative|mixed"},
		{"Write a short poem about the sea.", ""},
		{"This is one of the best films, as good as any.", ""},
		{"Summarise it as a list, please.", ""},
	} {
		mustBe(t, test.prompt, strings.Join(findLabels(test.prompt), "|"), test.want)
	}
}

func TestSentiment(t *testing.T) {
	s := newServer(t, Config{})
	for text, want := range map[string]string{
		"I love it, an excellent product that works perfectly.":         "positive",
		"Terrible. It broke after a day and I want a refund.":           "negative",
		"The screen is gorgeous, but the battery is awful.":             "mixed",
		"Not good at all. I would not recommend it.":                    "negative",
		"It is a kettle with a lid.":                                    "mixed", // there is no neutral to choose
		"Great sound, comfortable, fast delivery. Slightly overpriced.": "positive",
	} {
		r := direct(s, chatBody("Label the review with one of: positive, negative, mixed.\nReview: "+text, ""))
		mustBe(t, text, r.text(), want)
		r = direct(s, chatBody("Review: "+text, `,"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"label":{"enum":["positive","negative","mixed"]}},"required":["label"]}}}`))
		mustBe(t, text+" as JSON", gjson.Get(r.text(), "label").String(), want)
	}
}

func TestInvalidAnswers(t *testing.T) {
	s := newServer(t, Config{Invalid: 1})
	for range 20 {
		r := direct(s, chatBody("One of: yes, no?", ""))
		if text := r.text(); text == "yes" || text == "no" || text == "" {
			t.Errorf("%q is valid", text)
		}
		r = direct(s, chatBody("x", `,"response_format":{"type":"json_object"}`))
		var object map[string]any
		if json.Unmarshal([]byte(r.text()), &object) == nil {
			t.Errorf("%q is an object", r.text())
		}
	}
}

func TestAnswerHook(t *testing.T) {
	s := newServer(t, Config{Answer: func(q *Query) (string, bool) {
		return q.Model + " was asked " + q.User + " after " + q.System, q.System != ""
	}})
	r := direct(s, `{"model":"m","messages":[{"role":"system","content":"rules"},{"role":"user","content":[{"type":"text","text":"two "},{"type":"text","text":"parts"}]}]}`)
	mustBe(t, "answer", r.text(), "m was asked two parts after rules")
	mustBe(t, "declined", direct(s, chatBody("echo", `,"max_tokens":1`)).text(), "echo")
}

func TestTokenizeKeepsTheText(t *testing.T) {
	for _, text := range []string{"", "a", " lead", "two  blanks", "a longer-than-eight word", "日本語のとても長い文章です", "tail ", "\xff\xfe raw"} {
		tokens := tokenize(text)
		mustBe(t, "joined", strings.Join(tokens, ""), text)
		for _, token := range tokens {
			if token == "" || len(token) > longestToken+3 {
				t.Errorf("%q gives the token %q", text, token)
			}
		}
	}
}

func TestMaxTokensCutsTheAnswer(t *testing.T) {
	s := newServer(t, Config{Tokens: MustCounts("20")})
	for limit, want := range map[int]string{1: "length", 19: "length", 20: "stop", 50: "stop"} {
		r := direct(s, chatBody("Some words", `,"max_tokens":`+itoa(limit)))
		mustBe(t, "finish reason", r.get("choices.0.finish_reason").String(), want)
		mustBe(t, "tokens", r.get("usage.completion_tokens").Int(), int64(min(20, limit)))
	}
}
