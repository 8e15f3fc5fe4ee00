package check

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/schema"
)

const (
	maxDepth  = 10_000   // of what is looked at, as encoding/json has it
	maxMended = 64 << 10 // bytes; mending the worst takes time by their square: seconds
	maxNested = 1_000    // of what is mended
	maxTries  = 64       // brackets that are opened and never closed
	maxParts  = 8        // that are tried
)

// A Part is a piece of a text that is JSON, or may have been meant as such.
type Part struct {
	Text  string
	Valid bool
}

// rank orders parts by how likely they are what was asked for: values, then
// what only looks like one, then what may be the number of a footnote.
func (p *Part) rank() int {
	switch {
	case p.Valid && !footnote(p.Text):
		return 0
	case !p.Valid:
		return 1
	}
	return 2
}

// Find returns the parts of a text that stand in brackets of JSON, the likeliest
// and longest first. A part that another one holds is none of its own. What is
// opened and never closed is a part up to the last bracket, or the end, unless
// there are others behind it. The time that it takes is linear.
func Find(text string) []Part {
	var parts []Part
	tries, unclosed := 0, ""
	for i := 0; i < len(text) && tries < maxTries; i++ {
		if text[i] != '{' && text[i] != '[' {
			continue
		}
		end := closing(text[i:])
		if end == 0 {
			if tries++; unclosed == "" {
				unclosed = upToLast(text[i:])
			}
			continue
		}
		part := text[i : i+end]
		parts = append(parts, Part{part, valid([]byte(part))})
		i += end - 1
	}
	if unclosed != "" && !slices.ContainsFunc(parts, func(p Part) bool { return p.rank() == 0 }) {
		parts = append(parts, Part{Text: unclosed})
	}
	slices.SortStableFunc(parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(len(b.Text), len(a.Text)))
	})
	return parts
}

func valid(part []byte) bool { return schema.Surely(part) || json.Valid(part) }

// footnote reports whether a part is numbers in brackets, as [1] or [2, 3].
func footnote(part string) bool {
	return part[0] == '[' && strings.Trim(part, "[]0123456789, ") == ""
}

// closing returns the length of the bracketed part at the start of s, 0 if its
// bracket is never closed. Brackets in strings do not count.
func closing(s string) int {
	open := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{', '[':
			if open++; open > maxDepth {
				return 0
			}
		case '}', ']':
			if open--; open == 0 {
				return i + 1
			}
		case '"':
			n := quote(s[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		}
	}
	return 0
}

// quote returns the length of the string at the start of s, 0 if it has no end.
func quote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// upToLast returns s without what stands behind its last closing bracket; if it
// has none, without the fence at its end.
func upToLast(s string) string {
	if end := strings.LastIndexAny(s, "}]"); end >= 0 {
		return s[:end+1]
	}
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "```"))
}

// depth returns at most how deep brackets are nested in s.
func depth(s string) (most int) {
	open := 0
	for i := range len(s) {
		switch s[i] {
		case '{', '[':
			open++
			most = max(most, open)
		case '}', ']':
			open--
		}
	}
	return most
}
