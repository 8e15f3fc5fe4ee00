package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/prompt"
)

// A wording is what --prompt, --system, --messages and --body say, with the
// files that they name read.
type wording struct {
	prompt, system string
	messages, body []byte // JSON; nil: not given
}

func readWording(env *command.Env, f *runFlags) (w wording, err error) {
	if w.prompt, err = readText(env, "--prompt", f.prompt); err != nil {
		return w, err
	}
	if w.system, err = readText(env, "--system", f.system); err != nil {
		return w, err
	}
	if w.messages, err = readJSON(env, "--messages", f.messages, '['); err != nil {
		return w, err
	}
	w.body, err = readJSON(env, "--body", f.body, '{')
	return w, err
}

// compile makes the prompt of the wording, of --param and --model, and of what
// checks add to every request.
func (w *wording) compile(f *runFlags, checks *checks) (*prompt.Prompt, error) {
	c := prompt.Config{
		Prompt: w.prompt, PromptName: templateName("--prompt", f.prompt),
		System: w.system, SystemName: templateName("--system", f.system),
		Messages: w.messages, Model: f.model, Body: w.body,
	}
	for _, arg := range f.params {
		p, err := prompt.ParseParam(arg)
		if err != nil {
			return nil, fmt.Errorf("--param: %w", err)
		}
		if err := checkCount(p); err != nil {
			return nil, fmt.Errorf("--param: %w", err)
		}
		c.Params = append(c.Params, p)
	}
	if err := checks.refuseSecond(c.Params, w.body); err != nil {
		return nil, err
	}
	c.Params = append(c.Params, checks.params()...)
	return prompt.New(c)
}

// counts are the parameters that are whole numbers from 1 on, for every provider.
var counts = []string{"max_tokens", "max_completion_tokens", "max_output_tokens", "n"}

// checkCount refuses a parameter that is to be a count and is none.
func checkCount(p prompt.Param) error {
	if !slices.Contains(counts, p.Name) {
		return nil
	}
	if n, err := strconv.ParseInt(string(p.Value), 10, 64); err != nil || n < 1 {
		return fmt.Errorf("%s=%s is not a whole number from 1 on; write %s=1 or more", p.Name, p.Value, p.Name)
	}
	return nil
}

// templateName is what errors call a flag's template: the flag, and the file if
// it stands in one.
func templateName(flag, value string) string {
	if name, ok := strings.CutPrefix(value, "@"); ok && !strings.HasPrefix(name, "@") {
		return flag + ": " + name
	}
	return flag
}

// readText returns a flag's text. "@FILE" stands for the file's content
// without its last line end, "@@" for an @.
func readText(env *command.Env, flag, value string) (string, error) {
	text, err := prompt.ReadArg(value, func(name string) ([]byte, error) { return command.Contents(env, name) })
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	if value != "" && strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("%s: %s is empty", flag, strings.TrimPrefix(value, "@"))
	}
	return text, nil
}

// readJSON returns the content of a file that must hold one JSON value that
// opens with a certain bracket.
func readJSON(env *command.Env, flag, name string, open byte) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	b, err := command.Contents(env, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	b = bytes.TrimSpace(b)
	if err := checkJSON(b); err != nil {
		return nil, fmt.Errorf("%s: %s:%w", flag, name, err)
	}
	if b[0] != open {
		kind := map[byte]string{'[': "an array of messages", '{': "an object of request fields"}[open]
		return nil, fmt.Errorf("%s: %s: must hold %s", flag, name, kind)
	}
	return b, nil
}

// checkJSON returns what is wrong with b, the line first: "3: invalid ...".
func checkJSON(b []byte) error {
	var raw json.RawMessage
	err := json.Unmarshal(b, &raw)
	if err == nil {
		return nil
	}
	line := 1
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		line += bytes.Count(b[:min(max(e.Offset, 0), int64(len(b)))], []byte("\n"))
	}
	return fmt.Errorf("%d: not valid JSON: %w", line, err)
}
