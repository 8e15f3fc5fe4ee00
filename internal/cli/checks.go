package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/check"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/prompt"
	"github.com/seed-1814a72b/paceline/internal/schema"
)

// checks are what answers are held to, made of the flags.
type checks struct {
	rule   check.Rule // nil: nothing is checked
	schema *schema.Schema
	format []byte // response_format as it is sent; nil: none is
	labels []string
}

// newChecks reads the files that the flags name. Its error names the flag, the
// file and the place.
func newChecks(env *command.Env, f *checkFlags) (c checks, err error) {
	switch {
	case f.schema != "":
		err = c.readSchema(env, f)
	case f.json:
		c.rule = check.JSON{Repair: f.repair}
	case f.match != "":
		if c.rule, err = check.NewMatch(f.match); err != nil {
			err = fmt.Errorf("--match: %w; patterns are RE2, and what stands for itself is escaped: \\[ for [", err)
		}
	case f.oneOf != "":
		err = c.readLabels(env, f)
	}
	return c, err
}

func (c *checks) readSchema(env *command.Env, f *checkFlags) error {
	text, err := command.Contents(env, f.schema)
	if err != nil {
		return fmt.Errorf("--schema: %w", err)
	}
	read := func(name string) ([]byte, error) { return command.Contents(env, name) }
	if c.schema, err = schema.Compile(f.schema, text, read); err != nil {
		return fmt.Errorf("--schema: %w", err)
	}
	c.rule = check.JSON{Schema: c.schema, Repair: f.repair}
	switch {
	case f.schemaMode == "check" || f.schemaMode == "auto" && c.schema.Shared():
		return nil
	case c.schema.Shared():
		return fmt.Errorf("--schema: %s refers to other files, where a server cannot follow; write it as one file, or --schema-mode check", f.schema)
	}
	c.format = responseFormat(c.schema)
	return nil
}

// responseFormat returns what tells a server to answer by a schema: strictly,
// if the schema is one that OpenAI takes so.
func responseFormat(s *schema.Schema) []byte {
	strict := ""
	if s.Strict() {
		strict = `"strict":true,`
	}
	return fmt.Appendf(nil, `{"type":"json_schema","json_schema":{"name":"%s",%s"schema":%s}}`, s.Name(), strict, s.JSON())
}

// readLabels takes the labels of --one-of: A,B,C, or those of @FILE, one a line.
func (c *checks) readLabels(env *command.Env, f *checkFlags) error {
	c.labels = strings.Split(f.oneOf, ",")
	if name, isFile := strings.CutPrefix(f.oneOf, "@"); isFile {
		text, err := command.Contents(env, name)
		if err != nil {
			return fmt.Errorf("--one-of: %w", err)
		}
		c.labels = slices.DeleteFunc(strings.Split(string(text), "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
	}
	rule, err := check.NewOneOf(c.labels, f.ignoreCase)
	if err != nil {
		return fmt.Errorf("--one-of: %w", err)
	}
	c.rule = rule
	return nil
}

// refuseSecond refuses a response_format beside that of the schema.
func (c *checks) refuseSecond(params []prompt.Param, body []byte) error {
	if c.format == nil {
		return nil
	}
	where := ""
	if gjson.GetBytes(body, "response_format").Exists() {
		where = "--body"
	}
	if slices.ContainsFunc(params, func(p prompt.Param) bool { return p.Name == "response_format" }) {
		where = "--param"
	}
	if where != "" {
		return fmt.Errorf("--schema and %s both give a response_format; leave it out of %s, or add --schema-mode check", where, where)
	}
	return nil
}

// params returns what the checks add to every request.
func (c *checks) params() []prompt.Param {
	if c.format == nil {
		return nil
	}
	return []prompt.Param{{Name: "response_format", Value: c.format}}
}

// apply sets up an engine to judge answers and to ask again.
func (c *checks) apply(cfg *paceline.Config, f *checkFlags) {
	cfg.AllowTruncated = f.allowTruncated
	if c.rule == nil {
		return
	}
	cfg.Accept = check.New(c.rule, f.allowTruncated).Accept
	cfg.Asks = int(f.asks)
	cfg.Again = check.Asking{Feedback: f.feedback == "on", Escalations: f.escalations}.Again
}

// text says what answers are held to, "" for nothing.
func (c *checks) text(f *checkFlags) string {
	what := ""
	switch {
	case c.schema != nil:
		what = fmt.Sprintf("fit %s (draft %s), %s", filepath.Base(f.schema), c.schema.Draft(), c.sent())
	case f.json:
		what = "are JSON"
	case f.match != "":
		what = "match " + f.match
	case c.labels != nil:
		what = "are one of " + numeral.Counted(int64(len(c.labels)), "label")
	default:
		return ""
	}
	if f.repair {
		what += ", mended where it can be"
	}
	return what + "; " + f.again()
}

// sent says how the schema is sent.
func (c *checks) sent() string {
	switch {
	case c.format == nil && c.schema.Shared():
		return "checked here only, since it refers to other files"
	case c.format == nil:
		return "checked here only"
	case c.schema.Strict():
		return "sent as response_format, strict"
	}
	return "sent as response_format"
}

// again says how invalid answers are asked for again.
func (f *checkFlags) again() string {
	text := fmt.Sprintf("up to %d asked for, ", f.asks)
	switch {
	case f.asks == 1:
		return "one is asked for"
	case f.feedback == "on":
		text += "with what was wrong"
	default:
		text += "each by the same request"
	}
	for _, e := range f.escalated {
		text += ", then with " + e
	}
	return text
}
