package prompt

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// A tmpl is a compiled template. It is safe for concurrent use.
type tmpl struct {
	full     *template.Template
	segments []segment       // if it is made of text and plain fields only
	simple   bool            // it is
	names    map[string]bool // the fields that it names
	whole    bool            // it uses . itself
}

// A segment is text, already escaped, or a field.
type segment struct {
	text  []byte
	path  []string // the field's names from the item down
	place int      // of path[0] among the prompt's fields
	dot   bool     // the item itself
}

// compile compiles a template, which errors call name, of a prompt with those
// fields, and adds its own to them.
func compile(name, source string, prompt *fields) (*tmpl, error) {
	trees := map[string]*parse.Tree{}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck // the compiler below checks, and says more
	if _, err := tree.Parse(source, "", "", trees); err != nil {
		return nil, syntaxError(err, source)
	}
	if trees[name] == nil {
		trees[name] = tree // nothing but definitions or blanks
	}
	t := &tmpl{names: map[string]bool{}}
	t.simplify(trees, prompt)
	c := &compiler{source: source, name: name, tmpl: t}
	t.full = template.New(name).Funcs(funcMap)
	for _, n := range slices.Sorted(maps.Keys(trees)) {
		c.list(trees[n].Root)
		if _, err := t.full.AddParseTree(n, trees[n]); err != nil {
			return nil, err
		}
	}
	return t, c.err
}

// signedField is a field whose name a template cannot have behind a dot.
var signedField = regexp.MustCompile(`\{\{[^}]*\.([\pL_][\pL\pN_]*(?:-[\pL\pN_]+)+)`)

func syntaxError(err error, source string) error {
	text := strings.TrimPrefix(err.Error(), "template: ")
	if m := signedField.FindStringSubmatch(source); m != nil {
		text += fmt.Sprintf("; for the field %s write {{index . %q}}", m[1], m[1])
	}
	return errors.New(text)
}

// simplify finds the segments of a template that has nothing else.
func (t *tmpl) simplify(trees map[string]*parse.Tree, prompt *fields) {
	if len(trees) != 1 {
		return
	}
	for _, tree := range trees {
		for _, n := range tree.Root.Nodes {
			s, ok := segmentOf(n)
			if !ok {
				return
			}
			t.segments = append(t.segments, s)
		}
	}
	t.simple = t.settle(prompt)
}

// settle finds the places of the segments' fields in a prompt, and reports whether
// there is room for all.
func (t *tmpl) settle(prompt *fields) bool {
	for i := range t.segments {
		s := &t.segments[i]
		if len(s.path) == 0 {
			continue
		}
		if s.place = prompt.place(s.path[0]); s.place >= mostFields {
			*prompt = (*prompt)[:mostFields]
			return false
		}
	}
	return true
}

func segmentOf(n parse.Node) (segment, bool) {
	switch n := n.(type) {
	case *parse.TextNode:
		return segment{text: jsontext.AppendInside(nil, n.Text)}, true
	case *parse.ActionNode:
		if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
			return segment{}, false
		}
		switch arg := n.Pipe.Cmds[0].Args[0].(type) {
		case *parse.FieldNode:
			return segment{path: arg.Ident}, true
		case *parse.DotNode:
			return segment{dot: true}, true
		}
	}
	return segment{}, false
}

// append appends the text that the template makes of an item, of which the
// prompt's fields are seen, as the inside of a JSON string.
func (t *tmpl) append(dst, raw []byte, seen *sight) ([]byte, error) {
	if t.simple {
		if out, ok := t.appendFast(dst, raw, seen); ok {
			return out, nil
		}
	}
	return t.appendFull(dst, raw)
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// appendFull decodes the item and executes the template.
func (t *tmpl) appendFull(dst, raw []byte) ([]byte, error) {
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() < 1<<20 {
			buffers.Put(b)
		}
	}()
	b.Reset()
	if err := t.full.Execute(b, rootOf(raw)); err != nil {
		return nil, problemOf(t.full.Name(), err)
	}
	return jsontext.AppendInside(dst, b.Bytes()), nil
}

// rootOf returns the item as a template sees it.
func rootOf(raw []byte) any {
	v := decode(gjson.Parse(view(raw)))
	if s, ok := v.(string); ok {
		return line(s)
	}
	return v
}

// A problem is what a template's own functions say of the item. What the
// engine would put around it is of no use to the reader.
type problem string

func (p problem) Error() string { return string(p) }

func problemf(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }

// problemOf makes one line of an error of the template engine.
func problemOf(name string, err error) error {
	if e, ok := errors.AsType[*MissingFieldError](err); ok {
		return e
	}
	if p, ok := errors.AsType[problem](err); ok {
		return fmt.Errorf("%s: %w", name, p)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "template: "))
}
