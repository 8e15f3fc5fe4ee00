package openai

import (
	"bytes"
	"net/http"
	"sync/atomic"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// A usual answer is the form in which nearly all whole answers to chat completions
// come: one choice with a message, no name twice or with an escape, and no error. It is
// checked and read in one walk over its bytes. Whatever else comes is left to the
// general way, which says what is wrong with it.
type usual struct {
	resp   paceline.Response
	choice [1]paceline.Choice // with the response in one piece of memory
	b      []byte
	listed bool // the list of choices has come
}

// usualAnswer returns the response of an answer in the usual form, nil for any other.
func usualAnswer(body []byte, h http.Header, status int) *paceline.Response {
	if len(body) == 0 || body[0] != '{' {
		return nil
	}
	u := &usual{b: body}
	u.resp = paceline.Response{Body: body, Status: status, Header: h, RequestID: requestID(h), Choices: u.choice[:]}
	m := jsonscan.MembersOf(body, 0)
	if !u.walk(&m, answerPart) || m.At != len(body) || !u.listed {
		return nil
	}
	return &u.resp
}

// A part is an object of an answer whose members are of interest.
type part uint8

const (
	answerPart part = iota
	choicePart
	messagePart
)

// depths are within how many containers the values of each part's members stand.
var depths = [...]int{answerPart: 1, choicePart: 3, messagePart: 4}

// walk takes each member of a part, and reports whether all of it is in the usual form.
func (u *usual) walk(m *jsonscan.Members, p part) bool {
	var names [16]jsonscan.Span
	for n := 0; m.Name(); n++ {
		key := m.Key.Of(u.b)
		if n == len(names) || bytes.IndexByte(key, '\\') >= 0 {
			return false
		}
		for _, before := range names[:n] {
			if bytes.Equal(before.Of(u.b), key) {
				return false
			}
		}
		names[n] = m.Key
		if !u.take(m, p, key[1:len(key)-1]) {
			return false
		}
	}
	return !m.Bad
}

// take sees to one member, and leaves m behind its value.
func (u *usual) take(m *jsonscan.Members, p part, key []byte) bool {
	switch {
	case p == answerPart && string(key) == "choices":
		u.listed = true
		return u.list(m)
	case p == choicePart && string(key) == "message":
		return u.object(m, messagePart)
	case p != messagePart && string(key) == "error", !m.Skip(depths[p]):
		return false
	}
	switch val := m.Val.Of(u.b); p {
	case answerPart:
		return u.ofAnswer(key, val)
	case choicePart:
		return u.ofChoice(key, val)
	default:
		setOfMessage(&u.choice[0], key, val)
	}
	return true
}

// list takes the list of choices, of which there is one.
func (u *usual) list(m *jsonscan.Members) bool {
	if !u.bracket(m, '[') || !u.object(m, choicePart) {
		return false
	}
	m.At = jsonscan.SkipSpace(u.b, m.At)
	return u.bracket(m, ']') && u.choice[0].Content != nil
}

// bracket goes behind a bracket and the blanks after it.
func (u *usual) bracket(m *jsonscan.Members, bracket byte) bool {
	if m.At >= len(u.b) || u.b[m.At] != bracket {
		return false
	}
	m.At = jsonscan.SkipSpace(u.b, m.At+1)
	return true
}

// object takes the object that begins at m.At.
func (u *usual) object(m *jsonscan.Members, p part) bool {
	if m.At >= len(u.b) || u.b[m.At] != '{' {
		return false
	}
	inner := jsonscan.MembersOf(u.b, m.At)
	ok := u.walk(&inner, p)
	m.At = inner.At
	return ok
}

// ofAnswer takes a member of the answer itself.
func (u *usual) ofAnswer(key, val []byte) bool {
	switch string(key) {
	case "object":
		return string(val) == `"chat.completion"`
	case "model":
		u.resp.Model = model(val)
	case "usage":
		u.resp.Usage = readUsage(val)
	case "id":
		if u.resp.RequestID == "" {
			u.resp.RequestID = rawjson.Str(val)
		}
	}
	return true
}

// ofChoice takes a member of the choice.
func (u *usual) ofChoice(key, val []byte) bool {
	if string(key) == "finish_reason" {
		u.choice[0].FinishReason = finishReason(val)
	}
	return u.choice[0].FinishReason != "error"
}

// model reads the name of a model. The answers of a run name the same one, mostly: a
// name that is the last one's shares its memory.
func model(val []byte) string {
	if last := lastModel.Load(); last != nil && last.raw == string(val) {
		return last.name
	}
	name := rawjson.Str(val)
	if len(val) <= maxModel {
		lastModel.Store(&modelName{string(val), name})
	}
	return name
}

// lastModel is the last name that was read. It is read by many.
var lastModel atomic.Pointer[modelName]

type modelName struct{ raw, name string }

const maxModel = 256
