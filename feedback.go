package paceline

import (
	"bytes"
	"encoding/json"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

const (
	// maxComplaint is how much of what is wrong with an answer is told, in bytes.
	maxComplaint = 2 << 10
	// maxRecalled is how much of an answer is sent back with it: more than any
	// answer has that is not running wild.
	maxRecalled = 128 << 10
)

// Feedback is a [Config.Again]: it asks with the call's own conversation, the
// last answer, and a message that says what was wrong with it. So the
// conversation does not grow from one answer to the next. The complaint is cut
// at 2 KiB, the answer at 128 KiB; every other byte of the body stays as it is.
// A tool call is answered by a tool's message, as chat servers want it.
//
// An answer that was withheld is left at that. The call's own request is sent
// again where nothing can be added: where there are no "messages", the last of
// them is the beginning of an answer, or the answer says nothing or is several.
func Feedback(a Ask) *Request {
	if a.Err.Code == CodeContentFilter || a.Err.Code == CodeRefused {
		return nil
	}
	added := turns(a)
	messages := conversation(a.First)
	if added == nil || messages == nil {
		return a.First
	}
	messages = append(messages[:len(messages)-1], ',')
	messages = append(append(messages, bytes.Join(added, []byte{','})...), ']')
	req := *a.First
	body := []byte(req.Body)
	if len(body) == 0 {
		body = []byte("{}")
	}
	var err error
	if req.Body, err = sjson.SetRawBytes(body, "messages", messages); err != nil {
		return a.First
	}
	return &req
}

// conversation returns a copy of a request's messages, an array that is not
// empty and ends with somebody else's words than the model's; else nil.
func conversation(req *Request) []byte {
	raw := []byte(gjson.GetBytes(req.Body, "messages").Raw)
	if len(raw) == 0 && len(req.Messages) > 0 {
		raw, _ = json.Marshal(req.Messages) // strings cannot fail
	}
	list := gjson.ParseBytes(raw)
	if !list.IsArray() {
		return nil
	}
	var last gjson.Result
	list.ForEach(func(_, m gjson.Result) bool { last = m; return true })
	if role := last.Get("role").String(); role == "" || role == "assistant" {
		return nil
	}
	return bytes.TrimRight(raw, " \t\r\n")
}

// turns returns the messages that go behind a conversation: the answer, and
// what was wrong with it. nil: there is nothing to hold against anybody.
func turns(a Ask) [][]byte {
	if len(a.Response.Choices) != 1 {
		return nil
	}
	choice, complaint := &a.Response.Choices[0], jsontext.Append(nil, complaint(a.Err))
	if calls := gjson.ParseBytes(choice.ToolCalls); calls.IsArray() && len(calls.Array()) > 0 {
		list := [][]byte{joined(`{"role":"assistant","content":null,"tool_calls":`, choice.ToolCalls)}
		for _, call := range calls.Array() {
			id := []byte(call.Get("id").Raw)
			list = append(list, joined(`{"role":"tool","tool_call_id":`, id, []byte(`,"content":`), complaint))
		}
		return list
	}
	said := recalled(choice)
	if said == nil {
		return nil
	}
	return [][]byte{
		joined(`{"role":"assistant","content":`, said),
		joined(`{"role":"user","content":`, complaint),
	}
}

// recalled returns a choice's content, or its beginning, as JSON; nil for none.
func recalled(c *Choice) []byte {
	switch string(c.Content) {
	case "", "null", `""`, "[]":
		return nil
	}
	if len(c.Content) <= maxRecalled {
		return c.Content
	}
	if text := c.Text(); text != "" {
		return jsontext.Append(nil, clip(text, maxRecalled))
	}
	return nil
}

func complaint(err *Error) string {
	return "Your answer was not accepted: " + clip(err.Message, maxComplaint) +
		"\nReply with the whole answer again, corrected, and with nothing else."
}

// joined returns an object of its beginning and the parts behind it.
func joined(start string, parts ...[]byte) []byte {
	return append(append([]byte(start), bytes.Join(parts, nil)...), '}')
}
