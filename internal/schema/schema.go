package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-1814a72b/paceline/internal/schema/onepass"
)

// A Schema is a compiled JSON Schema. It is safe for concurrent use.
type Schema struct {
	compiled *jsonschema.Schema
	program  *onepass.Program // nil: it asks more than one can
	json     []byte
	name     string
	others   []byte // the files that it refers to, with their names
}

// root is where the schema's folder lies for the compiler: references are
// resolved to addresses, and the folder's own shall stand in no error.
const root = "file:///schema/"

// maxSchema is how large a schema's file may be.
const maxSchema = 4 << 20

// Compile compiles the schema that a file holds. $schema says of which draft
// it is (4, 6, 7, 2019-09 or 2020-12), without it 2020-12. Formats that are known
// (date-time, email, uri, uuid, ...) are asserted in every draft, those that
// are not are ignored; patterns are RE2.
//
// A $ref may lead to files in the schema's own folder and below, which are read
// by read, and to nothing else: nothing is ever fetched. The error is one line
// with the file and the place in it.
func Compile(file string, text []byte, read func(name string) ([]byte, error)) (*Schema, error) {
	if len(text) > maxSchema {
		return nil, fmt.Errorf("%s: is larger than %d MiB", file, maxSchema>>20)
	}
	doc, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if _, ok := doc.(map[string]any); !ok {
		return nil, fmt.Errorf("%s: a JSON Schema is an object", file)
	}
	s := &Schema{name: nameOf(doc, file)}
	folder := &folder{path: filepath.Dir(file), read: read}
	c := jsonschema.NewCompiler()
	c.UseLoader(folder)
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	at := root + url.PathEscape(filepath.Base(file))
	if err := c.AddResource(at, doc); err != nil {
		return nil, fault(file, err)
	}
	if s.compiled, err = c.Compile(at); err != nil {
		return nil, fault(file, err)
	}
	if s.program, err = onepass.Compile(s.compiled, limits); err != nil {
		s.program = nil // the library judges alone
	}
	s.others = folder.texts
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	s.json = b.Bytes()
	return s, nil
}

// JSON returns the schema as it was given, on one line. It must not be changed.
func (s *Schema) JSON() []byte { return s.json }

// Name returns the schema's title, else its file's name, in at most 64 letters,
// digits, - and _, as the API wants it.
func (s *Schema) Name() string { return s.name }

// Shared reports whether the schema refers to other files. A server cannot
// follow it there.
func (s *Schema) Shared() bool { return s.others != nil }

// Source returns all that the schema says: its JSON, and the files that it
// refers to.
func (s *Schema) Source() string { return string(s.json) + string(s.others) }

// Draft returns the draft that the schema is of, such as "2020-12".
func (s *Schema) Draft() string {
	switch v := s.compiled.DraftVersion; v {
	case 2019:
		return "2019-09"
	case 2020:
		return "2020-12"
	default:
		return fmt.Sprint(v)
	}
}

// A folder reads the files beside a schema.
type folder struct {
	path  string
	read  func(name string) ([]byte, error)
	texts []byte // of the files that were read, with their names
}

// Load returns the document at an address.
func (f *folder) Load(address string) (any, error) {
	name, inside := strings.CutPrefix(address, root)
	if !inside && !strings.HasPrefix(address, "file:") {
		return nil, errors.New("it lies elsewhere, and nothing is fetched: keep a copy of it beside the schema, and refer to that by its file's name")
	}
	plain, err := url.PathUnescape(name)
	if err != nil || !inside || !filepath.IsLocal(filepath.FromSlash(plain)) {
		return nil, errors.New("it lies outside of the schema's folder: keep it there or below")
	}
	name = filepath.Join(f.path, filepath.FromSlash(plain))
	text, err := f.read(name)
	if err != nil {
		return nil, err
	}
	doc, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.texts = append(append(append(append(f.texts, '\n'), plain...), ": "...), text...)
	return doc, nil
}

// nameOf makes a name of a schema's title or file.
func nameOf(doc any, file string) string {
	title, _ := doc.(map[string]any)["title"].(string)
	for _, from := range []string{title, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))} {
		name := strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
				return r
			}
			return '_'
		}, strings.TrimSpace(from))
		if strings.Trim(name, "_") != "" {
			return name[:min(len(name), 64)]
		}
	}
	return "answer"
}
