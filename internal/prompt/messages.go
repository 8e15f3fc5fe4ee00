package prompt

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// messages is a messages array: JSON, with templates in some of its strings.
type messages struct {
	parts  []part
	fields fields // that its templates name, behind those by which an item brings its own
}

// The fields by which an item brings its own messages, the first that a prompt
// looks for.
const (
	ownBody = iota
	ownMessages
)

func newMessages() *messages {
	return &messages{fields: fields{ownBody: "body", ownMessages: "messages"}}
}

// A part is JSON as it stands, or a template whose text goes between the
// quotes that stand around it.
type part struct {
	json []byte
	tmpl *tmpl
}

func (m *messages) raw(s string) {
	if n := len(m.parts); n > 0 && m.parts[n-1].tmpl == nil {
		m.parts[n-1].json = append(m.parts[n-1].json, s...)
		return
	}
	m.parts = append(m.parts, part{json: []byte(s)})
}

// template adds a string that is a template, with its quotes.
func (m *messages) template(name, source string) error {
	t, err := compile(name, source, &m.fields)
	if err != nil {
		return err
	}
	m.raw(`"`)
	m.parts = append(m.parts, part{tmpl: t})
	m.raw(`"`)
	return nil
}

// append appends the array for an item, of which the fields are seen.
func (m *messages) append(dst, item []byte, seen *sight) ([]byte, error) {
	var err error
	for i := range m.parts {
		p := &m.parts[i]
		if p.tmpl == nil {
			dst = append(dst, p.json...)
			continue
		}
		if dst, err = p.tmpl.append(dst, item, seen); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// names reports whether a template names the field, or the whole item.
func (m *messages) names(field string) bool {
	for _, p := range m.parts {
		if p.tmpl != nil && (p.tmpl.whole || p.tmpl.names[field]) {
			return true
		}
	}
	return false
}

// promptMessages is the conversation of a system and a user template.
func promptMessages(c *Config) (*messages, error) {
	m := newMessages()
	m.raw("[")
	if c.System != "" {
		m.raw(`{"role":"system","content":`)
		if err := m.template(cmp.Or(c.SystemName, "system"), c.System); err != nil {
			return nil, err
		}
		m.raw("},")
	}
	m.raw(`{"role":"user","content":`)
	if err := m.template(cmp.Or(c.PromptName, "prompt"), c.Prompt); err != nil {
		return nil, err
	}
	m.raw("}]")
	return m, nil
}

// parseMessages compiles a JSON array whose strings, except the names of
// fields, are templates.
func parseMessages(text []byte) (*messages, error) {
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("--messages must be a JSON array of objects, with templates in its strings only: %w", err)
	}
	if len(list) == 0 {
		return nil, errors.New("--messages is an empty array: it needs at least one message")
	}
	for i, msg := range list {
		if _, ok := msg["role"]; !ok {
			return nil, fmt.Errorf(`--messages: message %d has no "role"`, i+1)
		}
	}
	m := newMessages()
	return m, m.value("messages", gjson.ParseBytes(text))
}

func (m *messages) value(path string, v gjson.Result) error {
	switch {
	case v.IsArray():
		return m.array(path, v)
	case v.IsObject():
		return m.object(path, v)
	case v.Type == gjson.String:
		if s := decodeString(v.Raw); strings.Contains(s, "{{") {
			return m.template(path, s)
		}
	}
	m.raw(v.Raw)
	return nil
}

func (m *messages) array(path string, v gjson.Result) (err error) {
	i := 0
	m.raw("[")
	v.ForEach(func(_, e gjson.Result) bool {
		if i > 0 {
			m.raw(",")
		}
		err = m.value(fmt.Sprintf("%s[%d]", path, i), e)
		i++
		return err == nil
	})
	m.raw("]")
	return err
}

func (m *messages) object(path string, v gjson.Result) (err error) {
	first := true
	m.raw("{")
	v.ForEach(func(k, e gjson.Result) bool {
		if !first {
			m.raw(",")
		}
		first = false
		m.raw(k.Raw + ":")
		err = m.value(path+"."+k.String(), e)
		return err == nil
	})
	m.raw("}")
	return err
}
