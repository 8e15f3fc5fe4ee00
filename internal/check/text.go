package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

var errEmpty = errors.New("the answer is empty")

// textOf returns what is judged of a choice: its content, of parts their text,
// without the blanks around it. An answer that is nothing but one tool call is
// judged by the call's arguments.
func textOf(ch *paceline.Choice) ([]byte, error) {
	if text := bytes.TrimSpace(contentOf(ch.Content)); len(text) > 0 {
		return slices.Clip(text), nil
	}
	calls := gjson.ParseBytes(ch.ToolCalls).Array()
	switch len(calls) {
	case 0:
		return nil, errEmpty
	case 1:
		return bytes.TrimSpace([]byte(argumentsOf(calls[0].Get("function.arguments")))), nil
	}
	return nil, fmt.Errorf("the answer is %d tool calls; one can be checked", len(calls))
}

// contentOf returns the text of a content, in memory of its own. Nearly every
// one is a string: it is copied once, without its escapes.
func contentOf(raw json.RawMessage) []byte {
	if n := len(raw); n > 1 && raw[0] == '"' && raw[n-1] == '"' {
		return jsontext.AppendPlain(nil, raw[1:n-1])
	}
	content := gjson.ParseBytes(raw)
	if !content.IsArray() {
		return []byte(content.String())
	}
	var b []byte
	for _, part := range content.Array() {
		if kind := part.Get("type").String(); kind == "text" || kind == "output_text" {
			b = append(b, part.Get("text").String()...)
		}
	}
	return b
}

// argumentsOf returns the arguments of a call: a string of JSON, or, as some
// servers have it, JSON.
func argumentsOf(arguments gjson.Result) string {
	if arguments.Type == gjson.String {
		return arguments.String()
	}
	return arguments.Raw
}

// most is how much of an answer an error shows.
const most = 120

// shown quotes the beginning of an answer on one line.
func shown(text string) string {
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}
