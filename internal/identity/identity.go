// Package identity says what makes two executions of `paceline run` the same run.
package identity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// A Run is what makes two runs the same: what is asked, of whom, in what
// form it is kept. It stands in the journal as JSON. The items are not in it:
// the journal keeps a checksum of each. Limits, retries, deadlines, and how
// invalid answers are asked for again may change from run to run.
type Run struct {
	Version  int      `json:"version"`
	Host     string   `json:"host"`
	Model    string   `json:"model"`
	Prompt   string   `json:"prompt"`
	System   string   `json:"system"`
	Messages string   `json:"messages"`
	Params   []string `json:"params"`
	Body     string   `json:"body"`
	Schema   string   `json:"schema,omitempty"` // what it says
	Check    string   `json:"check,omitempty"`  // the flags that say what an answer must be
	Format   string   `json:"format"`
	Sample   int64    `json:"sample"`
	Seed     int64    `json:"seed"`
	Inputs   []string `json:"inputs"` // their names, for reports; not compared
	Items    int64    `json:"items"`  // of the input when it was last seen, 0 if not known; not compared
	First    int64    `json:"first"`  // of these, the number that -n took; 0: all; not compared
}

// Encode returns the identity as journals hold it.
func (id *Run) Encode() []byte {
	b, err := json.Marshal(id)
	if err != nil {
		panic(err) // strings and numbers cannot fail
	}
	return b
}

// Decode reads what Encode wrote. The error of anything else, such as the identity of
// a run of the library, names no file.
func Decode(b []byte) (*Run, error) {
	var id Run
	if err := json.Unmarshal(b, &id); err != nil || id.Version == 0 {
		return nil, fmt.Errorf("its journal was not written by 'paceline run'")
	}
	return &id, nil
}

// A change is a part of the identity that differs between two runs.
type change struct{ what, was, is string }

// String names the change. Of values too long for a line it shows the part at
// which they begin to differ.
func (c change) String() string {
	was, is := []rune(c.was), []rune(c.is)
	from := 0
	if len(was) > shownRunes || len(is) > shownRunes {
		from = max(commonPrefix(was, is)-shownRunes/4, 0)
	}
	return fmt.Sprintf("the %s was %s and is now %s", c.what, excerpt(was, from), excerpt(is, from))
}

// shownRunes is how much of a value an error shows.
const shownRunes = 40

func commonPrefix(a, b []rune) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// excerpt quotes the part of s that begins at from, with ellipses for the rest.
func excerpt(s []rune, from int) string {
	if len(s) == 0 {
		return "none"
	}
	from = min(from, len(s))
	text := string(s[from:min(from+shownRunes, len(s))])
	if from > 0 {
		text = "…" + text
	}
	if from+shownRunes < len(s) {
		text += "…"
	}
	return strconv.Quote(text)
}

// Changes returns what differs in id from the earlier one, most telling first.
func (id *Run) Changes(earlier *Run) []change {
	var found []change
	compare := func(what, was, is string) {
		if was != is {
			found = append(found, change{what, was, is})
		}
	}
	compare("format of the rows", earlier.Format, id.Format)
	compare("model", earlier.Model, id.Model)
	compare("prompt", earlier.Prompt, id.Prompt)
	compare("system message", earlier.System, id.System)
	compare("content of --messages", earlier.Messages, id.Messages)
	compare("content of --body", earlier.Body, id.Body)
	compare("schema", earlier.Schema, id.Schema)
	compare("check of the answers", earlier.Check, id.Check)
	if !slices.Equal(earlier.Params, id.Params) {
		found = append(found, change{"set of --param", join(earlier.Params), join(id.Params)})
	}
	compare("endpoint", earlier.Host, id.Host)
	compare("sample", earlier.sampled(), id.sampled())
	return found
}

func (id *Run) sampled() string {
	if id.Sample == 0 {
		return ""
	}
	return fmt.Sprintf("%d of seed %d", id.Sample, id.Seed)
}

func join(params []string) string {
	s := ""
	for _, p := range params {
		if s != "" {
			s += " "
		}
		s += p
	}
	return s
}
