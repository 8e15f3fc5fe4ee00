package cli

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/value"
)

// logFlags is how a run says what it does.
type logFlags struct {
	logFormat string // "text" or "json"
	log       string // a file; "": none
	logLevel  string // "info" or "debug"
}

func (f *logFlags) defineLog(s *pflag.FlagSet) {
	s.Var(&value.Choice{To: &f.logFormat, Allowed: []string{"text", "json"}}, "log-format",
		"how to write to standard error; json: every line is one object, with the figures as fields, and nothing is drawn")
	value.Text(s, &f.log, "log", "", "FILE", "append what happens to FILE too, a line of JSON each: begin and end, pauses, throttling, endpoints that fail, items that fail; never a key")
	s.Var(&value.Choice{To: &f.logLevel, Allowed: []string{"info", "debug"}}, "log-level",
		"of --log; debug: a line for every attempt, with its times, tokens and the provider's request id")
}

// checkLog refuses flags that mean nothing.
func (f *logFlags) checkLog() error {
	if f.log == "" && f.logLevel != "info" {
		return errors.New("--log-level goes with --log FILE")
	}
	return nil
}
