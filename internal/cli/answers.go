package cli

import "github.com/seed-1814a72b/paceline"

// answers counts what the answers of this session consist of. It is used by one
// goroutine at a time, as failureLog.
type answers struct{ texts, calls int64 }

func (a *answers) add(r *paceline.Result) {
	if r.Response == nil || len(r.Response.Choices) == 0 {
		return
	}
	choice := &r.Response.Choices[0]
	switch string(choice.Content) {
	default:
		a.texts++
	case "", "null", `""`:
		if len(choice.ToolCalls) > 0 {
			a.calls++
		}
	}
}

// filter returns the arguments by which jq shows the answers.
func (a *answers) filter() string {
	if a.calls > a.texts {
		return "-c .llm.tool_calls"
	}
	return "-r .llm.response"
}
