package cli

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// cautions are what the user is to be told of the items before they are sent.
type cautions struct {
	notUTF8 caution // items with bytes that are not UTF-8, or that stood for such
	taken   caution // items with fields of their own that the row's take the place of
}

// A caution counts items and keeps the place of the first.
type caution struct {
	items int64
	place string
}

func (c *caution) add(it *paceline.Item) {
	if c.items++; c.items == 1 {
		c.place = itemPlace(it)
	}
}

// look looks at an item that can be read.
func (c *cautions) look(it *paceline.Item) {
	if !isUTF8(it.Raw) {
		c.notUTF8.add(it)
	}
	if hasRowFields(it.Raw) {
		c.taken.add(it)
	}
}

// isUTF8 reports whether text is UTF-8. Sources of text put U+FFFD where it was
// not.
func isUTF8(text []byte) bool {
	return utf8.Valid(text) && !bytes.Contains(text, replacement)
}

var replacement = []byte(string(utf8.RuneError))

// hasRowFields reports whether an item has a field of the name of one that its
// row gets. Whether the name occurs at all is soon seen.
func hasRowFields(raw []byte) bool {
	if raw[0] != '{' || !bytes.Contains(raw, llmName) && !bytes.Contains(raw, indexName) {
		return false
	}
	var found [2]jsonscan.Span
	jsonscan.Find(raw, rowFields, found[:])
	return !found[0].None() || !found[1].None()
}

var (
	rowFields          = []string{"llm", "index"}
	llmName, indexName = []byte(`"llm"`), []byte(`"index"`)
)

// strict is the error for --strict, nil if there is no reason for one.
func (c *cautions) strict() error {
	if c.notUTF8.items == 0 {
		return nil
	}
	return errors.New(c.encoding() + "; leave out --strict to send it as it is")
}

func (c *cautions) encoding() string {
	n := c.notUTF8.items
	are, that := "are not UTF-8, such as", "them"
	if n == 1 {
		are, that = "is not UTF-8:", "it"
	}
	return fmt.Sprintf("%s %s %s; U+FFFD stands for what cannot be read; 'iconv -f LATIN1 -t UTF-8' may mend %s",
		numeral.Items(n), are, c.notUTF8.place, that)
}

// tell says what there is to say. keepsItems: the rows hold the items' fields.
func (c *cautions) tell(say func(string, ...any), keepsItems bool) {
	if c.notUTF8.items > 0 {
		say("%s", c.encoding())
	}
	if n := c.taken.items; n > 0 && keepsItems {
		say("%s, such as %s, %s a field \"llm\" or \"index\": in the row stands this run's instead",
			numeral.Items(n), c.taken.place, haveHas(n))
	}
}

func haveHas(n int64) string {
	if n == 1 {
		return "has"
	}
	return "have"
}
