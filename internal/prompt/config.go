package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// A Config says how items become requests. Nothing but one of Prompt and
// Messages is ever needed, and not even that where every item brings its own
// messages or body.
type Config struct {
	Prompt   string // the user message's template; "" means none
	System   string // the system message's template; "" means no such message
	Messages []byte // instead of both: a JSON array of messages, whose strings are templates
	// What errors call the templates; "": prompt and system.
	PromptName, SystemName string

	Model  string          // "" leaves the model to Params, Body, the item or the server
	Params []Param         // further fields of the body, in this order; of equal names the last wins
	Body   json.RawMessage // an object of further fields, which Params override; nil means none
}

// A Param is one field of a request's body.
type Param struct {
	Name  string
	Value json.RawMessage
}

// ParseParam reads "name=value". A value that is JSON is taken as such
// (temperature=0.2, stop=["a","b"]), any other is a string (stop=END). What
// was probably meant as JSON but is not, such as .5, True or an unclosed
// bracket, is an error.
func ParseParam(arg string) (Param, error) {
	name, value, found := strings.Cut(arg, "=")
	name = strings.TrimSpace(name)
	if !found || name == "" {
		return Param{}, fmt.Errorf("parameter %q: write it as name=value, such as temperature=0.2", arg)
	}
	if strings.ContainsAny(name, "\n\r\t \"") {
		return Param{}, fmt.Errorf("parameter %q: its name must not hold blanks or quotes", arg)
	}
	if trimmed := strings.TrimSpace(value); json.Valid([]byte(trimmed)) {
		return Param{Name: name, Value: json.RawMessage(trimmed)}, nil
	}
	if hint := mistaken(value); hint != "" {
		return Param{}, fmt.Errorf("parameter %s: %s is not valid JSON: %s", name, value, hint)
	}
	return Param{Name: name, Value: jsontext.Append(nil, value)}, nil
}

// mistaken says what to write instead of a value that was meant as JSON, ""
// if it is a plain string.
func mistaken(value string) string {
	if value == "" {
		return ""
	}
	switch value {
	case "True", "False":
		return "write " + strings.ToLower(value)
	case "None", "nil":
		return "write null"
	}
	switch value[0] {
	case '{', '[', '"':
		return "put it in single quotes for the shell, or for a plain string write it as a JSON string"
	case '.', '+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if f, err := strconv.ParseFloat(value, 64); err == nil {
			return fmt.Sprintf("write %v", f)
		}
	}
	return ""
}

// ReadArg resolves an argument that may be "@file": the file's text, without a
// byte order mark and without one newline at its end. "@@text" stands for the
// text "@text", anything else for itself.
func ReadArg(arg string, readFile func(path string) ([]byte, error)) (string, error) {
	path, isFile := strings.CutPrefix(arg, "@")
	if !isFile || strings.HasPrefix(path, "@") {
		return path, nil
	}
	if path == "" {
		return "", errors.New("@ names no file: write @prompt.txt, or @@ for a text that begins with @")
	}
	b, err := readFile(path)
	if err != nil {
		return "", fmt.Errorf("prompt file: %w (for a text that begins with @ write @@)", err)
	}
	s := strings.TrimPrefix(string(b), "\ufeff")
	s = strings.TrimSuffix(s, "\n")
	return strings.TrimSuffix(s, "\r"), nil
}

// check names what contradicts itself.
func (c *Config) check() error {
	var problems []error
	if len(c.Messages) > 0 && (c.Prompt != "" || c.System != "") {
		problems = append(problems, errors.New("--messages holds the whole conversation: leave -p and --system out, or put them into it"))
	}
	if c.System != "" && c.Prompt == "" && len(c.Messages) == 0 {
		problems = append(problems, errors.New("--system needs a prompt beside it: add -p '{{.text}}', with the name of the item's field"))
	}
	for _, p := range c.Params {
		switch {
		case p.Name == "messages":
			problems = append(problems, errors.New("messages cannot be a parameter: use --messages, whose strings are templates"))
		case p.Name == "stream" || p.Name == "stream_options":
			problems = append(problems, fmt.Errorf("%s cannot be a parameter: %s", p.Name, ownStream))
		case p.Name == "model" && c.Model != "":
			problems = append(problems, errors.New("-m and the parameter model both name a model: give one of them"))
		case !json.Valid(p.Value):
			problems = append(problems, fmt.Errorf("parameter %s: its value is not valid JSON", p.Name))
		}
	}
	return errors.Join(append(problems, c.checkBody())...)
}

func (c *Config) checkBody() error {
	if len(c.Body) == 0 {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(c.Body, &fields); err != nil || fields == nil {
		return fmt.Errorf("--body must be one JSON object%s", because(err))
	}
	if _, found := fields["messages"]; found {
		return errors.New("--body must not hold messages: use --messages, whose strings are templates")
	}
	for _, name := range []string{"stream", "stream_options"} {
		if _, found := fields[name]; found {
			return fmt.Errorf("--body must not hold %s: %s", name, ownStream)
		}
	}
	return nil
}

// ownStream is why nobody else sets whether an answer is streamed.
const ownStream = "answers are streamed from the server, with their usage, unless you give --no-stream"

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// model returns the model and where it comes from: Model, else a parameter,
// else the body.
func (c *Config) model() (string, error) {
	model := c.Model
	for _, p := range c.fields() {
		if p.Name != "model" {
			continue
		}
		v := gjson.ParseBytes(p.Value)
		if v.Type != gjson.String {
			return "", errors.New("the parameter model must be a string")
		}
		if model == "" {
			model = v.String()
		}
	}
	return model, nil
}

// fields returns the parameters and the body's further fields, in order, each
// name once.
func (c *Config) fields() []Param {
	var all []Param
	at := map[string]int{}
	for _, p := range c.Params {
		if i, again := at[p.Name]; again {
			all[i].Value = p.Value
			continue
		}
		at[p.Name] = len(all)
		all = append(all, p)
	}
	gjson.ParseBytes(c.Body).ForEach(func(k, v gjson.Result) bool {
		if _, again := at[k.String()]; !again {
			at[k.String()] = len(all)
			all = append(all, Param{Name: k.String(), Value: jsontext.OneLine([]byte(v.Raw))})
		}
		return true
	})
	return all
}
