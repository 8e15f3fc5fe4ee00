package prompt

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// A Prompt makes requests. It is safe for concurrent use.
type Prompt struct {
	model  string
	fields []Param   // to add to a body, without the model
	msgs   *messages // nil: every item brings its own
	head   []byte    // of a body, up to its messages
	tail   []byte    // of a body, from behind them
	fixed  int       // bytes of a body that are the same for every item

	like                     paceline.Request // a request, but for its body
	namesBody, namesMessages bool             // msgs name that field, or the whole item
}

// New checks c and compiles its templates. The error is one line for each
// thing that is wrong.
func New(c Config) (*Prompt, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	model, err := c.model()
	if err != nil {
		return nil, err
	}
	p := &Prompt{model: model}
	switch {
	case len(c.Messages) > 0:
		p.msgs, err = parseMessages(c.Messages)
	case c.Prompt != "":
		p.msgs, err = promptMessages(&c)
	}
	if err != nil {
		return nil, err
	}
	p.assemble(c.fields())
	if p.msgs != nil {
		p.fixed = len(p.head) + p.msgs.size() + len(p.tail)
		p.namesBody, p.namesMessages = p.msgs.names("body"), p.msgs.names("messages")
		p.like = p.asks()
	}
	return p, nil
}

// asks returns what all requests ask for whose messages are the prompt's, so that
// nobody needs to look for that in their bodies.
func (p *Prompt) asks() paceline.Request {
	any := paceline.Request{Body: slices.Concat(p.head, []byte("[]"), p.tail)}
	model, maxTokens, choices := any.Asks()
	if maxTokens == 0 {
		maxTokens = -1
	}
	return paceline.Request{Model: model, MaxTokens: maxTokens, Choices: choices}
}

// assemble makes the parts of a body that are the same for every item.
func (p *Prompt) assemble(fields []Param) {
	p.head = []byte(`{`)
	if p.model != "" {
		p.head = append(jsontext.Append(append(p.head, `"model":`...), p.model), ',')
	}
	p.head = append(p.head, `"messages":`...)
	for _, f := range fields {
		if f.Name == "model" {
			continue
		}
		p.fields = append(p.fields, f)
		p.tail = f.appendTo(append(p.tail, ','))
	}
	p.tail = append(p.tail, '}')
}

// appendTo appends "name":value.
func (f *Param) appendTo(dst []byte) []byte {
	dst = append(jsontext.Append(dst, f.Name), ':')
	return append(dst, f.Value...)
}

// Fields returns the names of the fields that the templates use, in order:
// those of the item, and those of what they range over.
func (p *Prompt) Fields() []string {
	names := map[string]bool{}
	if p.msgs != nil {
		for _, part := range p.msgs.parts {
			if part.tmpl != nil {
				maps.Copy(names, part.tmpl.names)
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// An ItemError says in one line why no request can be made of an item.
type ItemError struct {
	File  string // "" if the item stands in no file
	Line  int64
	Index int64
	Err   error
}

// Error returns "file:line: problem", or "item n: problem" without a file.
func (e *ItemError) Error() string {
	if e.File == "" {
		return "item " + strconv.FormatInt(e.Index, 10) + ": " + e.Err.Error()
	}
	return e.File + ":" + strconv.FormatInt(e.Line, 10) + ": " + e.Err.Error()
}

// Unwrap returns the problem.
func (e *ItemError) Unwrap() error { return e.Err }

var errNoPrompt = errors.New("the item has neither messages nor a body of its own: give a prompt, such as -p '{{.text}}'")

// Request returns the request for an item; an error is an [*ItemError], or
// the item's own Err.
//
// The body is built as model, messages, parameters, further fields. An item
// whose Request is set, such as a batch line, keeps it: only a missing model
// is put in. An item with a "messages" array or a "body" object is used as it
// is, and model, parameters and further fields are put in where they are
// missing (one whose "messages" are no array is an error); a prompt whose templates name that field, or the whole item, goes
// before it. Beside its messages such an item may have other fields of a chat
// request (model, temperature, tools, ...), which go with them.
func (p *Prompt) Request(it *paceline.Item) (*paceline.Request, error) {
	return p.request(it, new(paceline.Request), nil)
}

// A Draft is memory for requests of which each is used before the next one is
// made. The zero value is ready.
type Draft struct {
	req  paceline.Request
	body []byte
}

// Draft is [Prompt.Request] with d for memory: the request is valid until the
// next call with d, which belongs to one goroutine at a time.
func (p *Prompt) Draft(d *Draft, it *paceline.Item) (*paceline.Request, error) {
	req, err := p.request(it, &d.req, d.body[:0])
	if req == &d.req {
		d.body = req.Body
	}
	return req, err
}

// request is Request into req and, where there is one, the buffer body.
func (p *Prompt) request(it *paceline.Item, req *paceline.Request, body []byte) (*paceline.Request, error) {
	switch {
	case it.Err != nil:
		return nil, it.Err
	case it.Request != nil:
		done := p.complete(it.Request)
		if err := isChat(done.Body); err != nil {
			return nil, itemError(it, err)
		}
		return done, nil
	}
	var seen sight
	if p.msgs != nil {
		seen.look(it.Raw, p.msgs.fields)
	}
	if p.mayBring(&seen) {
		switch own, err := p.own(it.Raw); {
		case err != nil:
			return nil, itemError(it, err)
		case own != nil:
			*req = paceline.Request{Body: own, Model: modelOf(own, p.model)}
			return req, nil
		case p.msgs == nil:
			return nil, itemError(it, errNoPrompt)
		}
	}
	return p.fillIn(it, &seen, req, body)
}

// fillIn makes a request of the prompt's messages, for an item of which the fields
// are seen, into req and, where there is one, the buffer body.
func (p *Prompt) fillIn(it *paceline.Item, seen *sight, req *paceline.Request, body []byte) (*paceline.Request, error) {
	body = slices.Grow(body, p.fixed+len(it.Raw))
	body, err := p.msgs.append(append(body, p.head...), it.Raw, seen)
	if err != nil {
		return nil, itemError(it, err)
	}
	*req = p.like
	req.Body = append(body, p.tail...)
	return req, nil
}

// size returns the size of what is the same for every item.
func (m *messages) size() (n int) {
	for _, p := range m.parts {
		n += len(p.json)
		if p.tmpl == nil {
			continue
		}
		for _, s := range p.tmpl.segments {
			n += len(s.text)
		}
	}
	return n
}

func itemError(it *paceline.Item, err error) *ItemError {
	return &ItemError{File: it.File, Line: it.Line, Index: it.Index, Err: err}
}
