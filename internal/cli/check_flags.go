package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/check"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// checkFlags is what an answer must be, as it was written, and how one that is
// not is asked for again.
type checkFlags struct {
	schema, schemaMode string
	json, repair       bool
	match              string
	oneOf              string
	ignoreCase         bool
	allowTruncated     bool

	asks        int64
	feedback    string
	escalations []check.Escalation
	escalated   []string // as they were written
}

func defaultCheckFlags() checkFlags {
	return checkFlags{schemaMode: "auto", asks: 4, feedback: "on"}
}

func (f *checkFlags) defineChecks(s *pflag.FlagSet) {
	s.Var(filled{value.Word{To: &f.schema, Kind: "FILE"}}, "schema", "the answer is JSON that fits this JSON Schema; checked here in any case (see 'paceline help checks')")
	s.Var(&value.Choice{To: &f.schemaMode, Allowed: []string{"auto", "send", "check"}}, "schema-mode",
		"auto sends the schema as response_format, and asks without where the server refuses that; send insists; check sends nothing")
	s.BoolVar(&f.json, "json", false, "the answer is one JSON value")
	s.Var(filled{value.Word{To: &f.match, Kind: "REGEX"}}, "match", "the pattern (RE2) matches the whole answer; what its groups match is the value")
	s.Var(filled{value.Word{To: &f.oneOf, Kind: "A,B,...|@FILE"}}, "one-of", "the answer is one of these labels, or of those in a file, one a line")
	s.BoolVar(&f.ignoreCase, "ignore-case", false, "of --one-of: upper and lower case are the same")
	s.BoolVar(&f.repair, "repair", false, "of --schema and --json: cut the JSON out of the text around it and mend small mistakes; the row says so")
	s.BoolVar(&f.allowTruncated, "allow-truncated", false, "take an answer that was cut off at its limit of tokens for any other, as you may with max_tokens=1")
	s.Var(value.Count{To: &f.asks, Min: 1}, "asks", "how many answers are asked for in all before an item is kept as invalid")
	s.Var(&value.Choice{To: &f.feedback, Allowed: []string{"on", "off"}}, "feedback", "show the model its invalid answer and what was wrong with it; or off, the same request again")
	s.Var(escalationList{f}, "escalate", "ask otherwise from the 2nd answer on: model=gpt-4o,temperature=1, from the 3rd on: ask=3,model=gpt-4o; repeatable")
}

// check refuses flags that contradict each other, or say nothing.
func (f *checkFlags) check() error {
	var given []string
	for _, c := range []struct {
		flag string
		set  bool
	}{{"--schema", f.schema != ""}, {"--json", f.json && f.schema == ""}, {"--match", f.match != ""}, {"--one-of", f.oneOf != ""}} {
		if c.set {
			given = append(given, c.flag)
		}
	}
	switch {
	case len(given) > 1:
		return fmt.Errorf("%s both say what an answer must be; give one of them", strings.Join(given[:2], " and "))
	case f.repair && f.schema == "" && !f.json:
		return errors.New("--repair mends JSON; add --json or --schema FILE")
	case f.ignoreCase && f.oneOf == "":
		return errors.New("--ignore-case goes with --one-of; in a pattern write (?i)")
	case f.schemaMode != "auto" && f.schema == "":
		return errors.New("--schema-mode goes with --schema FILE")
	case len(given) == 0:
		return f.checkNothing()
	}
	return f.checkEscalations()
}

// checkEscalations refuses one that begins behind the last answer.
func (f *checkFlags) checkEscalations() error {
	for _, e := range f.escalations {
		if int64(e.From) > f.asks {
			return fmt.Errorf("--escalate ask=%d never comes: --asks is %d; raise it, or escalate earlier", e.From, f.asks)
		}
	}
	return nil
}

// identity says what an answer must be, apart from the schema's content. How one
// that is not is asked for again is no part of it.
func (f *checkFlags) identity(labels []string) string {
	var parts []string
	for _, c := range []struct {
		text string
		set  bool
	}{
		{"--schema-mode " + f.schemaMode, f.schemaMode != "auto"}, {"--json", f.json},
		{"--match " + f.match, f.match != ""}, {"--one-of " + strings.Join(labels, ","), f.oneOf != ""},
		{"--ignore-case", f.ignoreCase}, {"--repair", f.repair}, {"--allow-truncated", f.allowTruncated},
	} {
		if c.set {
			parts = append(parts, c.text)
		}
	}
	return strings.Join(parts, " ")
}

// checkNothing refuses what has no meaning where nothing is checked.
func (f *checkFlags) checkNothing() error {
	was := defaultCheckFlags()
	for _, c := range []struct {
		flag string
		set  bool
	}{{"--asks", f.asks != was.asks}, {"--feedback", f.feedback != was.feedback}, {"--escalate", f.escalations != nil}} {
		if c.set {
			return fmt.Errorf("%s is for answers that are not accepted, and nothing is checked; add --schema, --json, --match or --one-of", c.flag)
		}
	}
	return nil
}

// escalatedModels returns the models that are named by --escalate.
func (f *checkFlags) escalatedModels() (models []string) {
	for _, e := range f.escalations {
		if m := e.Model(); m != "" {
			models = append(models, m)
		}
	}
	return models
}

// escalationList is --escalate, which can be given several times.
type escalationList struct{ to *checkFlags }

// Repeats marks a [value.Repeated] one.
func (l escalationList) Repeats() {}

func (l escalationList) Type() string { return "[ask=N,]NAME=VALUE,..." }

// String may be called on the zero value, by pflag.
func (l escalationList) String() string {
	if l.to == nil {
		return ""
	}
	return strings.Join(l.to.escalated, " ")
}

func (l escalationList) Set(s string) error {
	e, err := check.ParseEscalation(s)
	if err != nil {
		return err
	}
	l.to.escalated = append(l.to.escalated, s)
	l.to.escalations = append(l.to.escalations, e)
	slices.SortStableFunc(l.to.escalations, func(a, b check.Escalation) int { return a.From - b.From })
	return nil
}

// A filled is a word that is not empty: a check that a shell's unset variable was
// meant to name would leave all answers unchecked.
type filled struct{ value.Word }

func (f filled) Set(s string) error {
	if s == "" {
		return errors.New("is empty, so that nothing would be checked; leave it out, or name what is")
	}
	return f.Word.Set(s)
}
