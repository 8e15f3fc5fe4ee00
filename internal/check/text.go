package check

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	paceline "github.com/seed-1814a72b/paceline"
)

var errEmpty = errors.New("the answer is empty")

// textOf returns what is judged of a choice: its content, of parts their text,
// without the blanks around it. An answer that is nothing but one tool call is
// judged by the call's arguments.
func textOf(ch *paceline.Choice) (string, error) {
	if text := strings.TrimSpace(contentOf(gjson.ParseBytes(ch.Content))); text != "" {
		return text, nil
	}
	calls := gjson.ParseBytes(ch.ToolCalls).Array()
	switch len(calls) {
	case 0:
		return "", errEmpty
	case 1:
		return strings.TrimSpace(argumentsOf(calls[0].Get("function.arguments"))), nil
	}
	return "", fmt.Errorf("the answer is %d tool calls; one can be checked", len(calls))
}

func contentOf(content gjson.Result) string {
	if !content.IsArray() {
		return content.String()
	}
	var b strings.Builder
	for _, part := range content.Array() {
		if kind := part.Get("type").String(); kind == "text" || kind == "output_text" {
			b.WriteString(part.Get("text").String())
		}
	}
	return b.String()
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
