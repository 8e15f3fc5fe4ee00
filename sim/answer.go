package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer is a whole chat completion, before it is written in either form.
type answer struct {
	id, model   string
	fingerprint string
	created     int64
	choices     []choice
	prompt      int    // tokens
	usage       string // JSON in the place of the real usage; "-" leaves it out
	reasoning   string // the name of the reasoning's field

	logProbs    bool
	topLogProbs int
	indexes     indexing

	noChoices string              // JSON in the place of the choices, "" for the real ones
	edit      func([]byte) []byte // changes an answer's or a chunk's JSON, if set
}

// choice is one alternative. Its parts are tokens.
type choice struct {
	reasoning []string
	content   []string
	refusal   []string // in place of content
	calls     []toolCall
	finish    string
}

// answer makes the answer to the call's query.
func (c *call) answer() *answer {
	q := &c.query
	a := &answer{
		id:          "chatcmpl-" + strconv.FormatUint(uint64(c.text), 36),
		model:       q.Model,
		fingerprint: "fp_" + strconv.FormatUint(hash(c.s.cfg.Seed, q.Model)>>24, 16),
		created:     time.Now().Unix(),
		prompt:      q.PromptTokens,
		reasoning:   c.s.cfg.ReasoningField,
		logProbs:    q.LogProbs,
		topLogProbs: q.TopLogProbs,
		choices:     make([]choice, q.N),
	}
	for i := range a.choices {
		d := draws(hash(uint64(c.text), strconv.Itoa(i)))
		a.choices[i] = c.choice(&d)
	}
	if c.fault != nil && c.fault.answer != nil {
		c.fault.answer(c, a)
	}
	for i := range a.choices {
		a.choices[i].limit(q.MaxTokens)
	}
	return a
}

func (c *call) choice(d *draws) choice {
	ch := choice{finish: "stop"}
	if n := c.s.cfg.Reasoning.sample(d); n > 0 {
		ch.reasoning = tokenize(sentence("Let me think about "+c.query.User, n))
	}
	if t, ok := c.query.called(); ok {
		ch.calls = []toolCall{c.toolCall(t, d)}
		if c.query.forced == toolsRequired {
			ch.finish = "tool_calls" // a named function ends with "stop"
		}
		return ch
	}
	ch.content = tokenize(c.content(d))
	return ch
}

func (c *call) toolCall(t tool, d *draws) toolCall {
	id := "call_" + strconv.FormatUint(d.next(), 36)
	return toolCall{id, t.name, tokenize(c.s.schemas.generate(t.parameters, c.query.User, d))}
}

// content returns the text of an answer: the caller's, a JSON document, a
// label, or a sentence.
func (c *call) content(d *draws) string {
	q := &c.query
	if c.s.cfg.Answer != nil {
		if text, ok := c.s.cfg.Answer(q); ok {
			return text
		}
	}
	switch {
	case q.Format == "json_schema" && q.Schema != "":
		return c.s.schemas.generate(q.Schema, q.User, d)
	case q.Format == "json_object":
		return jsonObject(q.User, d)
	}
	if labels := findLabels(q.prompt); labels != nil {
		return pickLabel(labels, q.judged(), d)
	}
	return sentence(q.User, max(1, c.s.cfg.Tokens.sample(d)))
}

// sentence returns n words (each a token, if it is short), those of the text
// over and over.
func sentence(text string, n int) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		words = []string{"Nothing", "was", "asked."}
	}
	var b strings.Builder
	for i := range n {
		word := words[i%len(words)]
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word[:runeCut(word, longestToken-1)])
	}
	return b.String()
}

// runeCut returns the length of the longest beginning of s that has at most n
// bytes and cuts no character.
func runeCut(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return n
}

func jsonObject(text string, d *draws) string {
	b := append([]byte(nil), `{"answer":`...)
	b = appendString(b, sentence(text, 8))
	b = append(b, `,"score":`...)
	b = appendInt(b, d.intn(100))
	return string(append(b, '}'))
}

// tokens counts a choice's tokens.
func (ch *choice) tokens() int {
	n := len(ch.reasoning) + len(ch.content) + len(ch.refusal)
	for _, t := range ch.calls {
		n += len(t.arguments)
	}
	return n
}

// limit cuts the choice to the given tokens, if it is not 0.
func (ch *choice) limit(tokens int) {
	if tokens <= 0 || ch.tokens() <= tokens {
		return
	}
	ch.finish = "length"
	ch.reasoning = cut(ch.reasoning, &tokens)
	ch.content = cut(ch.content, &tokens)
	ch.refusal = cut(ch.refusal, &tokens)
	for i := range ch.calls {
		ch.calls[i].arguments = cut(ch.calls[i].arguments, &tokens)
	}
	// A call that was not begun is not there.
	ch.calls = slices.DeleteFunc(ch.calls, func(t toolCall) bool { return len(t.arguments) == 0 })
}

func cut(tokens []string, left *int) []string {
	tokens = tokens[:min(len(tokens), *left)]
	*left -= len(tokens)
	return tokens
}

func (a *answer) tokens() int {
	n := 0
	for i := range a.choices {
		n += a.choices[i].tokens()
	}
	return n
}

// longest is the tokens of the longest choice: choices are made side by side.
func (a *answer) longest() int {
	n := 0
	for i := range a.choices {
		n = max(n, a.choices[i].tokens())
	}
	return n
}
