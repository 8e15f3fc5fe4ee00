package check

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/prompt"
)

// An Escalation is what requests ask otherwise from some answer on.
type Escalation struct {
	From   int // the first answer that is asked for so, from 2
	Params []prompt.Param
}

// ParseEscalation reads "ask=3,model=gpt-4o,temperature=1". Values are those
// of parameters; ask, if it is missing, is 2. Commas within brackets, braces
// and quotes belong to the value.
func ParseEscalation(arg string) (Escalation, error) {
	e := Escalation{From: 2}
	for _, field := range splitFields(arg) {
		p, err := prompt.ParseParam(field)
		if err != nil {
			return e, err
		}
		switch {
		case p.Name == "ask":
			e.From, err = strconv.Atoi(string(p.Value))
			if err != nil || e.From < 2 {
				return e, fmt.Errorf("ask=%s: the first answer that may be asked for otherwise is the 2nd: ask=2", p.Value)
			}
		case slices.Contains([]string{"messages", "stream", "stream_options"}, p.Name):
			return e, fmt.Errorf("%s cannot be escalated; name a model or a parameter such as temperature", p.Name)
		case p.Name == "model" && gjson.ParseBytes(p.Value).Type != gjson.String:
			return e, fmt.Errorf("model=%s: a model is named by a string: model='%q'", p.Value, p.Value)
		case strings.ContainsFunc(p.Name, notInNames):
			return e, fmt.Errorf("%q is not the name of a parameter", p.Name)
		default:
			e.Params = append(e.Params, p)
		}
	}
	if e.Params == nil {
		return e, errors.New("it changes nothing; write model=gpt-4o,temperature=1, with ask=3 in front from the third request on")
	}
	return e, nil
}

// Model returns the model that is asked then, "" if it stays the same.
func (e *Escalation) Model() (model string) {
	for _, p := range e.Params {
		if p.Name == "model" {
			model = gjson.ParseBytes(p.Value).String()
		}
	}
	return model
}

func notInNames(r rune) bool {
	return !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
}

// splitFields splits at the commas outside of brackets and quotes.
func splitFields(s string) (fields []string) {
	open, quoted, from := 0, false, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' && (i == 0 || s[i-1] != '\\'):
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			open++
		case c == ']' || c == '}':
			open--
		case c == ',' && open <= 0:
			fields = append(fields, s[from:i])
			from = i + 1
		}
	}
	return append(fields, s[from:])
}

// Asking says how answers that were not accepted are asked for again.
type Asking struct {
	Feedback    bool // with what was wrong with them
	Escalations []Escalation
}

// Again is a [paceline.Config.Again]. An answer that was withheld is asked for
// again only if an escalation begins with the next request.
func (a Asking) Again(ask paceline.Ask) *paceline.Request {
	withheld := ask.Err.Code == paceline.CodeContentFilter || ask.Err.Code == paceline.CodeRefused
	if withheld && !a.begins(ask.Number) {
		return nil
	}
	req := ask.First
	if a.Feedback && !withheld {
		req = paceline.Feedback(ask)
	}
	for _, e := range a.Escalations {
		if ask.Number >= e.From {
			req = e.apply(req)
		}
	}
	return req
}

// begins reports whether an escalation begins with the n-th answer.
func (a Asking) begins(n int) bool {
	return slices.ContainsFunc(a.Escalations, func(e Escalation) bool { return e.From == n })
}

// apply returns a copy of req with the parameters set in its body.
func (e *Escalation) apply(req *paceline.Request) *paceline.Request {
	changed := *req
	body := []byte(req.Body)
	if len(body) == 0 {
		body = []byte("{}")
	}
	for _, p := range e.Params {
		next, err := sjson.SetRawBytes(body, p.Name, p.Value)
		if err != nil { // the body is no object: it goes as it is
			return req
		}
		body = next
	}
	changed.Body = body
	if model := e.Model(); model != "" {
		changed.Model = model
	}
	return &changed
}
