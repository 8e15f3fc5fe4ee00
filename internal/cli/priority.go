package cli

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/prompt"
)

// priorities are the values of the field that --priority-field names.
var priorities = map[string]paceline.Priority{
	"high": paceline.High, "normal": paceline.Normal, "low": paceline.Low,
	"1": paceline.High, "0": paceline.Normal, "-1": paceline.Low,
}

// A priorityField reads the items' priorities. It is used by one goroutine at a
// time.
type priorityField struct {
	name string // "": every item is of normal priority
	path string // the same for gjson
	seen bool   // an item had it
}

func newPriorityField(name string) priorityField {
	return priorityField{name: name, path: gjson.Escape(name)}
}

// of returns an item's priority, normal if it has none. Its error names the
// item, the field and what is allowed.
func (p *priorityField) of(it *paceline.Item) (paceline.Priority, error) {
	if p.name == "" || len(it.Raw) == 0 || it.Raw[0] != '{' {
		return paceline.Normal, nil
	}
	value := gjson.GetBytes(it.Raw, p.path)
	if !value.Exists() || value.Type == gjson.Null {
		return paceline.Normal, nil
	}
	p.seen = true
	if priority, ok := priorities[strings.TrimSpace(value.String())]; ok {
		return priority, nil
	}
	return 0, &prompt.ItemError{File: it.File, Line: it.Line, Index: it.Index, Err: fmt.Errorf(
		"%s: %q is not a priority; it is one of high, normal, low (or 1, 0, -1)", p.name, value.String())}
}

// missed is the error of a field that no item has: a name that was mistyped.
func (p *priorityField) missed() error {
	if p.name == "" || p.seen {
		return nil
	}
	return fmt.Errorf("--priority-field: no item has the field %q", p.name)
}
