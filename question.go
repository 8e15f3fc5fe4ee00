package paceline

import "github.com/tidwall/gjson"

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
	if q.model == "" {
		q.model = gjson.GetBytes(req.Body, "model").String()
	}
	if q.maxTokens == 0 {
		q.maxTokens = maxTokens(req.Body)
	}
	q.choices = max(1, gjson.GetBytes(req.Body, "n").Int())
	return q
}

// maxTokens returns what a body allows its answer, 0 if it does not say.
func maxTokens(body []byte) int64 {
	for _, name := range [...]string{"max_completion_tokens", "max_tokens", "max_output_tokens"} {
		if v := gjson.GetBytes(body, name); v.Type == gjson.Number && v.Int() > 0 {
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
