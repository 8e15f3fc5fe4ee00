package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/bench/blog"
	"github.com/seed-1814a72b/paceline/internal/check"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
	"github.com/seed-1814a72b/paceline/internal/processor"
	"github.com/seed-1814a72b/paceline/internal/schema"
)

// A row is one way to judge a document.
type row struct {
	name string
	// run judges the document n times and returns what one took.
	run func(d *document, n int) (time.Duration, error)
}

// A document is what is judged.
type document struct {
	text, wrong []byte
	file        string // with the text
	n           int    // times that it is judged in a round
}

func documents(cache string) ([]document, error) {
	var all []document
	for _, sections := range []int{blog.Short, blog.Long} {
		text := blog.Post(sections)
		d := document{text: []byte(text), wrong: []byte(strings.Replace(text, `"weight":0.1}`, `"weight":7}`, 1))}
		d.file = filepath.Join(cache, fmt.Sprintf("%d.json", sections))
		d.n = 8000 / sections
		if err := os.WriteFile(d.file, d.text, 0o644); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// rows are the ways to judge; ratios are to the first.
func rows(p *pydantic) ([]row, error) {
	s, err := schema.Compile("blog.json", []byte(blog.Schema), nil)
	if err != nil {
		return nil, err
	}
	library, err := compileLibrary()
	if err != nil {
		return nil, err
	}
	judge := check.New(check.JSON{Schema: s}, false)
	return []row{
		{"Paceline: check of the bytes", ours(s.Validate)},
		{"Paceline: whole judgement, from the response's content to `llm.value`", ours(func(doc []byte) error { return judge.Accept(nil, response(doc)) })},
		{"santhosh-tekuri/jsonschema, with the decoding", ours(library)},
		{"pydantic, `AnyUrl`, `date`, `EmailStr`", theirs(p, "formats")},
		{"pydantic, formats as plain strings", theirs(p, "strings")},
	}, nil
}

// responses are made before they are measured.
var responses = map[*byte]*paceline.Response{}

func response(doc []byte) *paceline.Response {
	resp := responses[&doc[0]]
	if resp == nil {
		resp = &paceline.Response{Choices: []paceline.Choice{{Content: jsontext.Append(nil, doc), FinishReason: "stop"}}}
		responses[&doc[0]] = resp
	}
	return resp
}

func ours(validate func([]byte) error) func(*document, int) (time.Duration, error) {
	return func(d *document, n int) (time.Duration, error) {
		if validate(d.wrong) == nil || validate(d.text) != nil {
			return 0, errors.New("a document is not judged as it should be")
		}
		began := processor.Used()
		for range n {
			if err := validate(d.text); err != nil {
				return 0, err
			}
		}
		return (processor.Used() - began) / time.Duration(n), nil
	}
}

func theirs(p *pydantic, model string) func(*document, int) (time.Duration, error) {
	return func(d *document, n int) (time.Duration, error) { return p.validate(model, d.file, n) }
}

// compileLibrary returns how one uses the library that finds what is wrong.
func compileLibrary() (func([]byte) error, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(blog.Schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("blog.json", doc); err != nil {
		return nil, err
	}
	s, err := c.Compile("blog.json")
	if err != nil {
		return nil, err
	}
	return func(doc []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
		if err != nil {
			return err
		}
		return s.Validate(v)
	}, nil
}
