package prompt_test

import (
	"encoding/json"
	"fmt"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/prompt"
)

func Example() {
	p, err := prompt.New(prompt.Config{
		Model:  "small",
		System: "Answer with one word.",
		Prompt: "Is this {{.lang | default \"English\"}} review positive? {{.text}}",
		Params: []prompt.Param{{Name: "temperature", Value: json.RawMessage("0")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, raw := range []string{`{"text":"Clean \"rooms\"","lang":null}`, `{"txt":"Kind staff"}`} {
		req, err := p.Request(&paceline.Item{Raw: json.RawMessage(raw), File: "reviews.jsonl", Line: int64(i + 1)})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s\n", req.Body)
	}
	// Output:
	// {"model":"small","messages":[{"role":"system","content":"Answer with one word."},{"role":"user","content":"Is this English review positive? Clean \"rooms\""}],"temperature":0}
	// reviews.jsonl:2: no field .text (did you mean txt?); the fields are txt
}
