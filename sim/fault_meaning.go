package sim

import (
	"bytes"
	"strings"
)

// meaningFaults are rows 33 to 41, and invalid answers.
func meaningFaults() []*fault {
	return []*fault{
		inAnswer(33, "no-choices", "choices empty", func(_ *call, a *answer) { a.noChoices = "[]" }),
		inAnswer(33, "null-choices", "choices null", func(_ *call, a *answer) { a.noChoices = "null" }),
		inAnswer(34, "length", "half an answer, finish_reason length", func(_ *call, a *answer) {
			for i := range a.choices {
				a.choices[i].limit(max(1, a.choices[i].tokens()/2))
				a.choices[i].finish = "length"
			}
		}),
		inAnswer(34, "content-filter", "finish_reason content_filter", finishWith("content_filter")),
		inAnswer(34, "refusal", "the model refuses, in the field for that", refuse),
		inAnswer(35, "tool-index-repeated", "two tool calls, both with index 0", withTools(func(a *answer) { a.indexes = indexRepeated })),
		inAnswer(35, "tool-index-missing", "two tool calls without index", withTools(func(a *answer) { a.indexes = indexMissing })),
		inAnswer(35, "tool-index-one", "two tool calls, their index from 1", withTools(func(a *answer) { a.indexes = indexFromOne })),
		inAnswer(36, "tool-duplicate-ids", "two tool calls with one id", withTools(func(a *answer) {
			for i := range a.choices {
				a.choices[i].calls[1].id = a.choices[i].calls[0].id
			}
		})),
		inAnswer(37, "invalid-utf8", "bytes that are not UTF-8 in the content", inContent("\xff\xfe")),
		inAnswer(37, "lone-surrogate", `half a surrogate pair, escaped, in the content`, func(c *call, a *answer) {
			inContent(surrogate)(c, a)
			a.edit = func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(surrogate), []byte(`\ud83d`)) }
		}),
		inAnswer(38, "no-usage", "no usage", useOf("-")),
		inAnswer(38, "null-usage", "usage null", useOf("null")),
		inAnswer(38, "negative-usage", "negative tokens", useOf(`{"prompt_tokens":-5,"completion_tokens":-1,"total_tokens":-6}`)),
		inAnswer(38, "infinite-usage", "1e999 tokens", useOf(`{"prompt_tokens":1e999,"completion_tokens":1e999,"total_tokens":1e999}`)),
		inAnswer(39, "duplicate-keys", "keys of the envelope twice, the wrong ones first", editing(func(b []byte) []byte {
			return insert(b, 1, `"model":"decoy","choices":[],`)
		})),
		inAnswer(39, "odd-case", "oddly cased decoys beside the real keys", editing(func(b []byte) []byte {
			return insert(b, len(b)-1, `,"MODEL":"decoy","Choices":[],"uSage":null`)
		})),
		inAnswer(40, "deep", "an unknown field nested 20,000 deep", editing(func(b []byte) []byte {
			return insert(b, 1, `"extra":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+",")
		})),
		inAnswer(41, "other-model", "another model than the one asked for answers", func(_ *call, a *answer) { a.model += "-2024-07-18" }),
		inAnswer(0, "invalid", "an answer that is not what was asked for", invalid),
		inAnswer(0, "fenced", "the answer in a fence, with prose around it", fenced),
		{Fault: Fault{"format-refused", 0, "400 to a response_format with a schema"}, only: wantsSchema, instead: func(c *call) { c.refuse(errFormat) }},
		{Fault: Fault{"format-ignored", 0, "prose, as if no response_format had been asked for"}, only: wantsSchema, answer: ignoreFormat},
	}
}

func inAnswer(row int, name, doc string, do func(*call, *answer)) *fault {
	return &fault{Fault: Fault{name, row, doc}, answer: do}
}

func finishWith(reason string) func(*call, *answer) {
	return func(_ *call, a *answer) {
		for i := range a.choices {
			a.choices[i].finish = reason
		}
	}
}

func useOf(usage string) func(*call, *answer) {
	return func(_ *call, a *answer) { a.usage = usage }
}

func editing(edit func([]byte) []byte) func(*call, *answer) {
	return func(_ *call, a *answer) { a.edit = edit }
}

func insert(b []byte, at int, s string) []byte {
	return append(append(append([]byte(nil), b[:at]...), s...), b[at:]...)
}

// surrogate stands for half a surrogate pair until the JSON is made: it is a
// private character that no answer contains.
const surrogate = "\uE0DF"

// inContent puts something into the middle of every choice's content.
func inContent(s string) func(*call, *answer) {
	return func(_ *call, a *answer) {
		for i := range a.choices {
			ch := &a.choices[i]
			if len(ch.content) == 0 {
				ch.content = []string{"?"}
			}
			ch.content[len(ch.content)/2] += s
		}
	}
}

// indexing is how tool calls are numbered in a stream.
type indexing uint8

const (
	indexRight indexing = iota
	indexRepeated
	indexMissing
	indexFromOne
)

// withTools makes every choice two tool calls, and then does its worst.
func withTools(do func(*answer)) func(*call, *answer) {
	return func(c *call, a *answer) {
		t, ok := c.query.called()
		if !ok {
			t = tool{name: "lookup", parameters: `{"type":"object","properties":{"query":{"type":"string"}},"required":["query"]}`}
		}
		for i := range a.choices {
			a.choices[i] = choice{finish: "tool_calls", calls: []toolCall{c.toolCall(t, &c.luck), c.toolCall(t, &c.luck)}}
		}
		do(a)
	}
}

// invalid answers with something else than was asked for: JSON that does not
// fit or is none, a label that was not listed, prose.
func invalid(c *call, a *answer) {
	for i := range a.choices {
		ch := &a.choices[i]
		text := strings.Join(ch.content, "")
		switch {
		case ch.calls != nil:
			for k := range ch.calls {
				ch.calls[k].arguments = []string{`{"`, "not"}
			}
			continue
		case c.query.Format == "json_schema" || c.query.Format == "json_object":
			text = invalidJSON(c.query.Schema, text, &c.luck)
		default:
			text = "I'm sorry, but I cannot answer that with certainty; it depends on the context."
		}
		ch.content = tokenize(text)
	}
}

// refuse puts a refusal in the place of each choice's content.
func refuse(_ *call, a *answer) {
	for i := range a.choices {
		a.choices[i] = choice{finish: "stop", refusal: tokenize("I'm sorry, I cannot assist with that request.")}
	}
}

// fenced puts around each choice's content what models like to put there.
func fenced(_ *call, a *answer) {
	for i := range a.choices {
		ch := &a.choices[i]
		ch.content = tokenize("Here is the answer:\n\n```json\n" + strings.Join(ch.content, "") + "\n```\n\nAnything else?")
	}
}

func wantsSchema(c *call) bool { return c.query.Format == "json_schema" }

func ignoreFormat(c *call, a *answer) {
	for i := range a.choices {
		a.choices[i].content = tokenize(sentence(c.query.User, max(1, c.s.cfg.Tokens.sample(&c.luck))))
	}
}

// invalidJSON returns one of the wrong things that models send in place of a
// document that fits.
func invalidJSON(schema, good string, d *draws) string {
	switch k := d.intn(4); {
	case k == 1 && strings.IndexAny(good, `{["`) == 0: // other documents may be cut and still be some
		return good[:runeCut(good, len(good)*2/3)]
	case k == 2:
		return strings.TrimSuffix(good, "}") + ",}"
	case k == 3:
		if text := misfit(schema); text != "" {
			return text
		}
	}
	return "Sure! Here is the JSON that you asked for:\n" + good + "\nLet me know if you need anything else."
}
