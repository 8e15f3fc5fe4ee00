package sim

import (
	"net/http"
	"strings"
	"time"
)

// chat answers a chat completion.
func (c *call) chat() {
	if !c.query.hasMessages {
		c.refuse(errNoPrompt)
		return
	}
	a := c.answer()
	c.rec.AnswerID = a.id
	if c.s.cfg.KeepRequests {
		c.rec.Content = strings.Join(a.choices[0].content, "")
	}
	if c.query.Stream && !c.fault.wholeAnswer() {
		c.stream(a)
		return
	}
	c.whole(a)
}

// whole sends the answer in one piece, when its last token is made.
func (c *call) whole(a *answer) {
	c.accepted = true
	if !c.s.sleep(c.r.Context(), c.lastToken(a)) {
		c.leave()
		return
	}
	c.rec.CompletionTokens = a.tokens()
	c.rec.Status = http.StatusOK
	body := append(a.appendWhole(nil), '\n')
	if wire := c.wire(); wire != nil && wire.whole != nil {
		wire.whole(c, body)
		return
	}
	c.give(body)
}

// give sends the answer. Who has read all of it may hang up before this is noted.
func (c *call) give(body []byte) {
	waited := !c.gone()
	c.complete = writeJSON(c.w, http.StatusOK, body) == nil && waited
}

// lastToken draws the time at which an answer's last token is made.
func (c *call) lastToken(a *answer) time.Time {
	t := c.from.Add(c.s.cfg.TTFT.sample(&c.luck))
	if c.s.cfg.ITL.zero() {
		return t
	}
	for range a.longest() - 1 {
		t = t.Add(c.s.cfg.ITL.sample(&c.luck))
	}
	return t
}

// leave ends a call whose client has gone, or whose server is closing.
func (c *call) leave() {
	if !c.gone() {
		c.abort()
	}
}

func (a *answer) appendWhole(b []byte) []byte {
	b = a.appendHead(b, "chat.completion")
	b = append(b, `,"choices":`...)
	if a.noChoices != "" {
		b = append(b, a.noChoices...)
	} else {
		b = append(b, '[')
		for i := range a.choices {
			if i > 0 {
				b = append(b, ',')
			}
			b = a.appendChoice(b, i)
		}
		b = append(b, ']')
	}
	if a.usage != "-" {
		b = append(b, `,"usage":`...)
		b = a.appendUsage(b)
	}
	b = append(b, '}')
	if a.edit != nil {
		b = a.edit(b)
	}
	return b
}

// appendHead appends the beginning of an answer's or a chunk's object.
func (a *answer) appendHead(b []byte, object string) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, a.id...)
	b = append(b, `","object":"`...)
	b = append(b, object...)
	b = append(b, `","created":`...)
	b = appendInt(b, int(a.created))
	b = append(b, `,"model":`...)
	b = appendString(b, a.model)
	b = append(b, `,"service_tier":"default","system_fingerprint":"`...)
	b = append(b, a.fingerprint...)
	return append(b, '"')
}

func (a *answer) appendChoice(b []byte, i int) []byte {
	ch := &a.choices[i]
	b = append(b, `{"index":`...)
	b = appendInt(b, i)
	b = append(b, `,"message":{"role":"assistant","content":`...)
	if ch.calls != nil || ch.refusal != nil {
		b = append(b, "null"...)
	} else {
		b = appendString(b, strings.Join(ch.content, ""))
	}
	if len(ch.reasoning) > 0 {
		b = append(b, ',')
		b = appendString(b, a.reasoning)
		b = append(b, ':')
		b = appendString(b, strings.Join(ch.reasoning, ""))
	}
	b = appendCalls(b, ch.calls)
	b = append(b, `,"refusal":`...)
	b = appendNullable(b, strings.Join(ch.refusal, ""))
	b = append(b, `},"logprobs":`...)
	b = a.appendLogProbs(b, ch.content)
	b = append(b, `,"finish_reason":`...)
	b = appendString(b, ch.finish)
	return append(b, '}')
}

func appendCalls(b []byte, calls []toolCall) []byte {
	for i, t := range calls {
		if i == 0 {
			b = append(b, `,"tool_calls":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = appendString(b, t.id)
		b = append(b, `,"type":"function","function":{"name":`...)
		b = appendString(b, t.name)
		b = append(b, `,"arguments":`...)
		b = appendString(b, strings.Join(t.arguments, ""))
		b = append(b, "}}"...)
	}
	if len(calls) > 0 {
		b = append(b, ']')
	}
	return b
}

// appendLogProbs appends the logprobs of some tokens of content, or null if
// they were not asked for.
func (a *answer) appendLogProbs(b []byte, tokens []string) []byte {
	if !a.logProbs {
		return append(b, "null"...)
	}
	b = append(b, `{"content":[`...)
	for i, t := range tokens {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLogProb(b, t, 0)
		b = append(b, `,"top_logprobs":[`...)
		for k := range a.topLogProbs {
			if k > 0 {
				b = append(b, ',')
			}
			b = append(appendLogProb(b, alternative(t, k), k), '}')
		}
		b = append(b, "]}"...)
	}
	return append(b, `],"refusal":null}`...)
}

// alternative is the k-th most likely token where t was chosen.
func alternative(t string, k int) string {
	if k == 0 {
		return t
	}
	return " alt" + string(rune('a'+k))
}

func appendLogProb(b []byte, token string, rank int) []byte {
	b = append(b, `{"token":`...)
	b = appendString(b, token)
	b = append(b, `,"logprob":-`...)
	b = appendInt(b, rank)
	b = append(b, `.0625,"bytes":`...)
	return appendBytes(b, token)
}

func (a *answer) appendUsage(b []byte) []byte {
	if a.usage != "" {
		return append(b, a.usage...)
	}
	reasoning, out := 0, a.tokens()
	for i := range a.choices {
		reasoning += len(a.choices[i].reasoning)
	}
	b = append(b, `{"prompt_tokens":`...)
	b = appendInt(b, a.prompt)
	b = append(b, `,"completion_tokens":`...)
	b = appendInt(b, out)
	b = append(b, `,"total_tokens":`...)
	b = appendInt(b, a.prompt+out)
	b = append(b, `,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":`...)
	b = appendInt(b, reasoning)
	return append(b, `,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`...)
}
