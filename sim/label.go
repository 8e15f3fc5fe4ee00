package sim

import "strings"

// cues are the words after which a prompt lists the labels to choose from, the
// most certain first. After a weak one, only "a, b or c" and "a/b" are a list.
var cues = []struct {
	text string
	weak bool
}{
	{"one of the following", false}, {"one of these", false}, {"one of the labels", false},
	{"one of the categories", false}, {"one of the classes", false}, {"one of", false},
	{"choose from", false}, {"choose between", false},
	{"labels:", false}, {"categories:", false}, {"options:", false}, {"classes:", false},
	{"answer with", true}, {"reply with", true}, {"respond with", true},
	{"either", true}, {" as ", true}, {"is it ", true}, {"is this ", true}, {"(", true},
}

const (
	longestPrompt = 16 << 10 // bytes of a prompt that are searched for labels
	longestList   = 2 << 10  // bytes
	longestLabel  = 4        // words
	mostLabels    = 64
)

var separators = strings.NewReplacer(" or ", ",", " and ", ",", "|", ",", "/", ",")

// findLabels returns the labels among which a prompt asks to choose, or nil if
// it lists none: "one of: positive, negative, mixed" lists three.
func findLabels(prompt string) []string {
	if len(prompt) > longestPrompt {
		prompt = prompt[:longestPrompt]
	}
	lower := strings.ToLower(prompt)
	if len(lower) != len(prompt) { // a character changed its size: offsets would not fit
		prompt = lower
	}
	for _, cue := range cues {
		for from := 0; ; {
			i := strings.Index(lower[from:], cue.text)
			if i < 0 {
				break
			}
			from += i + len(cue.text)
			if labels := listAt(prompt[from:], cue.weak); labels != nil {
				return labels
			}
		}
	}
	return nil
}

// listAt reads a list of at least two short labels at the beginning of s.
func listAt(s string, weak bool) []string {
	s = strings.TrimLeft(s, " :\n\t-(\"'`[{")
	if end := strings.IndexAny(s, ".;!?\n)]}"); end >= 0 {
		s = s[:end]
	}
	if len(s) > longestList || weak && !strings.Contains(s, " or ") && !strings.ContainsAny(s, "/|") {
		return nil
	}
	s = separators.Replace(s)
	var labels []string
	for part := range strings.SplitSeq(s, ",") {
		label, last := trimLabel(part)
		if label == "" {
			continue
		}
		if len(strings.Fields(label)) > longestLabel || len(labels) == mostLabels {
			return nil
		}
		if len(labels) == 0 && isProse(label) {
			return nil
		}
		labels = append(labels, label)
		if last {
			break
		}
	}
	if len(labels) < 2 {
		return nil
	}
	return labels
}

// isProse tells "one of the best films, and" from a list of labels.
func isProse(first string) bool {
	word, _, more := strings.Cut(strings.ToLower(first), " ")
	switch word {
	case "the", "a", "an", "my", "our", "your", "their", "his", "her", "its", "those", "this", "that":
		return more
	}
	return false
}

// trimLabel strips quotes and a leading "or"; what follows a colon or a dash
// is no label any more, and ends the list.
func trimLabel(s string) (label string, last bool) {
	s, _, last = strings.Cut(s, ":")
	if head, _, dashed := strings.Cut(s, " - "); dashed {
		s, last = head, true
	}
	s = strings.Trim(s, " \t\r\"'`*<>“”‘’")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "or "), "and ")
	return strings.Trim(s, " \t\"'`*“”‘’"), last
}

// judged returns the text that a query wants judged: the last user message
// without the lines that list the labels, unless that is all of it.
func (q *Query) judged() string {
	var rest []string
	for line := range strings.SplitSeq(q.User, "\n") {
		if findLabels(line) == nil {
			rest = append(rest, line)
		}
	}
	text := strings.Join(rest, "\n")
	if strings.TrimSpace(text) == "" {
		return q.User
	}
	return text
}

// pickLabel chooses by sentiment where the labels speak of it, else the one
// label that the text names, else any.
func pickLabel(labels []string, text string, d *draws) string {
	if l := pickSentiment(labels, text); l != "" {
		return l
	}
	lower := strings.ToLower(text)
	var named []string
	for _, l := range labels {
		if strings.Contains(lower, strings.ToLower(l)) {
			named = append(named, l)
		}
	}
	if len(named) == 1 {
		return named[0]
	}
	return labels[d.intn(len(labels))]
}
