package chronicle

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/value"
)

// LogFlags is how a run says what it does.
type LogFlags struct {
	LogFormat string // "text" or "json"
	Log       string // a file; "": none
	LogLevel  string // "info" or "debug"
}

// Define defines the flags in s.
func (f *LogFlags) Define(s *pflag.FlagSet) {
	s.Var(&value.Choice{To: &f.LogFormat, Allowed: []string{"text", "json"}}, "log-format",
		"how to write to standard error; json: every line is one object, with the figures as fields, and nothing is drawn")
	value.Text(s, &f.Log, "log", "", "FILE", "append what happens to FILE too, a line of JSON each: begin and end, pauses, throttling, endpoints that fail, items that fail; never a key")
	s.Var(&value.Choice{To: &f.LogLevel, Allowed: []string{"info", "debug"}}, "log-level",
		"of --log; debug: a line for every attempt, with its times, tokens and the provider's request id")
}

// Check refuses flags that mean nothing.
func (f *LogFlags) Check() error {
	if f.Log == "" && f.LogLevel != "info" {
		return errors.New("--log-level goes with --log FILE")
	}
	return nil
}
