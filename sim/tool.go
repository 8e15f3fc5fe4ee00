package sim

import "github.com/tidwall/gjson"

// tool is a function that the model may call.
type tool struct {
	name       string
	parameters string // its JSON schema
}

type toolChoice uint8

const (
	toolsAuto     toolChoice = iota // none is called
	toolsRequired                   // the first one is called
	toolsNamed                      // the named one is called
)

// toolCall is one call in an answer, its arguments as tokens.
type toolCall struct {
	id, name  string
	arguments []string
}

func parseTools(v gjson.Result) []tool {
	var tools []tool
	v.ForEach(func(_, t gjson.Result) bool {
		f := t.Get("function")
		if name := f.Get("name").String(); name != "" {
			tools = append(tools, tool{name, f.Get("parameters").Raw})
		}
		return true
	})
	return tools
}

func parseToolChoice(v gjson.Result) (toolChoice, string) {
	if name := v.Get("function.name").String(); name != "" {
		return toolsNamed, name
	}
	if v.String() == "required" {
		return toolsRequired, ""
	}
	return toolsAuto, ""
}

// called returns the tool that the request forces, if any.
func (q *Query) called() (tool, bool) {
	if q.forced == toolsAuto || len(q.tools) == 0 {
		return tool{}, false
	}
	for _, t := range q.tools {
		if t.name == q.toolName {
			return t, true
		}
	}
	return q.tools[0], true
}
