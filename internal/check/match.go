package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// Match is the rule that a pattern (RE2) matches the whole answer. Its value is
// the answer; of a pattern with groups, what the first group matched, or of
// several all of them: an object of those with names, else an array.
type Match struct {
	pattern string
	re      *regexp.Regexp
}

// NewMatch returns the rule of a pattern.
func NewMatch(pattern string) (*Match, error) {
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, err
	}
	re, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return nil, err
	}
	return &Match{pattern: pattern, re: re}, nil
}

var errCutMatch = errors.New("what is missing may not match")

func (m *Match) read(answer []byte, cut bool) (json.RawMessage, []string, error) {
	text := string(answer)
	found := m.re.FindStringSubmatchIndex(text)
	switch {
	case found == nil:
		return nil, nil, fmt.Errorf("the answer does not match %s: %s", m.pattern, shown(text))
	case cut:
		return nil, nil, errCutMatch
	}
	return m.value(text, found), nil, nil
}

// value makes the value of what the groups matched, from pairs of offsets.
func (m *Match) value(text string, found []int) json.RawMessage {
	group := func(i int) json.RawMessage {
		if found[2*i] < 0 {
			return json.RawMessage("null")
		}
		return encoded(text[found[2*i]:found[2*i+1]])
	}
	names := m.re.SubexpNames()
	if len(names) <= 2 {
		return group(len(names) - 1)
	}
	named := map[string]json.RawMessage{}
	var all []json.RawMessage
	for i, name := range names[1:] {
		all = append(all, group(i+1))
		if name != "" {
			named[name] = all[i]
		}
	}
	if len(named) > 0 {
		return encoded(named)
	}
	return encoded(all)
}

// encoded marshals v, which is always encodable.
func encoded(v any) json.RawMessage {
	b, err := jsontext.Marshal(v)
	if err != nil {
		panic("check: " + strconv.Quote(err.Error()))
	}
	return b
}
