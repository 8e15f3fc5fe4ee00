package paceline

import (
	"strings"

	"github.com/tidwall/gjson"
)

// A question is what one request asks. A call may ask another one when an
// answer was not accepted; an attempt keeps the one that it was made for.
type question struct {
	req       *Request
	model     string
	size      int   // bytes of the request
	maxTokens int64 // 0: no limit known
	choices   int64 // answers that it asks for, at least 1
}

// newQuestion returns what req asks.
func newQuestion(req *Request) question {
	q := question{req: req, model: req.Model, size: len(req.Body), maxTokens: req.MaxTokens}
	for _, m := range req.Messages {
		q.size += len(m.Content) + len(m.Role)
	}
	var says bodySays
	if len(req.Body) > 0 {
		says = readBody(req.Body)
	}
	if q.model == "" {
		q.model = strings.Clone(says.of(inModel).String()) // which would keep the body
	}
	if q.maxTokens == 0 {
		q.maxTokens = says.maxTokens()
	}
	q.choices = max(1, says.of(inChoices).Int())
	return q
}

// bodySays is what a body says of what matters here. Of a name that comes twice the
// first counts.
type bodySays struct {
	values [inChoices + 1]gjson.Result
}

// The members of a body that matter here. Where several limit the answer, the first
// of these counts that says a number.
const (
	inMaxCompletion = iota
	inMaxTokens
	inMaxOutput
	inModel
	inChoices
)

// readBody walks a body once.
func readBody(body []byte) (says bodySays) {
	gjson.ParseBytes(body).ForEach(func(key, value gjson.Result) bool {
		if i := bodyMember(key.Str); i >= 0 && !says.values[i].Exists() {
			says.values[i] = value
		}
		return true
	})
	return says
}

func bodyMember(name string) int {
	switch name {
	case "max_completion_tokens":
		return inMaxCompletion
	case "max_tokens":
		return inMaxTokens
	case "max_output_tokens":
		return inMaxOutput
	case "model":
		return inModel
	case "n":
		return inChoices
	}
	return -1
}

func (b *bodySays) of(member int) gjson.Result { return b.values[member] }

// maxTokens returns what a body allows its answer, 0 if it does not say.
func (b *bodySays) maxTokens() int64 {
	for _, v := range b.values[:inMaxOutput+1] {
		if v.Type == gjson.Number && v.Int() > 0 {
			return v.Int()
		}
	}
	return 0
}

// price returns what a usage costs that the question led to.
func (e *Engine) price(q question, u Usage) Cost {
	if e.cfg.Price == nil {
		return Cost{}
	}
	return e.cfg.Price(q.model, u)
}
