package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxLabels is how many labels an error lists.
const maxLabels = 40

// OneOf is the rule that an answer is one of some labels. Its value is the
// label, as it is listed.
type OneOf struct {
	labels []string
	fold   bool // upper and lower case are the same
}

// NewOneOf returns the rule of some labels. Two that are the same are an error.
func NewOneOf(labels []string, fold bool) (*OneOf, error) {
	r := &OneOf{fold: fold}
	for _, l := range labels {
		l = strings.TrimSpace(l)
		switch {
		case l == "":
			return nil, errors.New("a label is empty")
		case r.find(l) != "":
			return nil, fmt.Errorf("%q and %q are the same label", r.find(l), l)
		}
		r.labels = append(r.labels, l)
	}
	if len(r.labels) < 2 {
		return nil, errors.New("give two labels or more")
	}
	return r, nil
}

func (r *OneOf) same(a, b string) bool { return a == b || r.fold && strings.EqualFold(a, b) }

// find returns the label that text is, "" if it is none.
func (r *OneOf) find(text string) string {
	if i := slices.IndexFunc(r.labels, func(l string) bool { return r.same(l, text) }); i >= 0 {
		return r.labels[i]
	}
	return ""
}

func (r *OneOf) read(answer []byte, cut bool) (json.RawMessage, []string, error) {
	text := string(answer)
	label := r.find(text)
	if label == "" {
		return nil, nil, fmt.Errorf("the answer is none of %s: %s", r.list(), shown(text))
	}
	if longer := r.longer(label); cut && longer != "" {
		return nil, nil, fmt.Errorf("%q may be the beginning of %q", label, longer)
	}
	return encoded(label), nil, nil
}

// longer returns a label that begins with another one, "" if none does.
func (r *OneOf) longer(label string) string {
	for _, l := range r.labels {
		if len(l) > len(label) && r.same(l[:len(label)], label) {
			return l
		}
	}
	return ""
}

func (r *OneOf) list() string {
	if more := len(r.labels) - maxLabels; more > 0 {
		return strings.Join(r.labels[:maxLabels], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(r.labels, ", ")
}
