package paceline

import (
	"sync/atomic"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/jsonscan"
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
	q := question{req: req, size: len(req.Body)}
	for _, m := range req.Messages {
		q.size += len(m.Content) + len(m.Role)
	}
	q.model, q.maxTokens, q.choices = req.Asks()
	return q
}

// askedFields are the fields of a body that a question needs. Those from the third
// on say what the answer may use, in the order in which they are believed.
var askedFields = [...]string{"n", "model", "max_completion_tokens", "max_tokens", "max_output_tokens"}

// read takes from the body what is "" or 0. One walk over the body finds
// everything.
func (r *Request) read(model *string, maxTokens, choices *int64) {
	var found [len(askedFields)]gjson.Result
	find(r.Body, &found)
	if *choices == 0 {
		*choices = found[0].Int()
	}
	if *model == "" {
		*model = found[1].String()
	}
	for _, v := range found[2:] {
		if *maxTokens == 0 && v.Type == gjson.Number {
			*maxTokens = max(0, v.Int())
		}
	}
}

// find looks the fields up. In what is no JSON object, which a server may take all
// the same, gjson finds what there is.
func find(body []byte, found *[len(askedFields)]gjson.Result) {
	var at [len(askedFields)]jsonscan.Span
	whole := jsonscan.Find(body, askedFields[:], at[:])
	for i, name := range askedFields {
		switch {
		case !whole:
			found[i] = gjson.GetBytes(body, name)
		case !at[i].None():
			found[i] = parse(at[i].Of(body))
		}
	}
}

// parse reads a value. The calls of a run name the same model: a string that is the
// last one's shares its memory.
func parse(raw []byte) gjson.Result {
	last := lastString.Load()
	if last != nil && last.Raw == string(raw) {
		return *last
	}
	v := gjson.ParseBytes(raw)
	if v.Type == gjson.String && len(raw) <= maxShared {
		lastString.Store(&v)
	}
	return v
}

// lastString is the last short string that parse has read.
var lastString atomic.Pointer[gjson.Result]

const maxShared = 256

// price returns what a usage costs that the question led to.
func (e *Engine) price(q question, u Usage) Cost {
	if e.cfg.Price == nil {
		return Cost{}
	}
	return e.cfg.Price(q.model, u).sane()
}
