package cli

import (
	"errors"
	"fmt"
	"strings"
)

// The exit codes, the same for every command.
const (
	ExitDone        = 0   // all done
	ExitUsage       = 1   // wrong usage or input; nothing was sent
	ExitFailed      = 2   // finished, but some items have no accepted answer
	ExitStopped     = 3   // stopped early; the same command continues
	ExitInterrupted = 130 // interrupted; the same command continues
)

// exitCodes is the part of a help page that states them.
const exitCodes = `  0    all done
  1    wrong usage or input; nothing was sent
  2    finished, but some items failed, were never accepted, or have an answer
       that was cut off, filtered or refused
  3    stopped early (bad key, no quota, a budget spent, disk full); the same
       command continues
  130  interrupted; the same command continues`

// exit is an error that names the code with which the program ends. A nil err
// ends it without another word.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// exitCode returns the code with which err ends the program: every error that
// does not name its own is one of usage or input.
func exitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	if e, ok := errors.AsType[*exit](err); ok {
		return e.code
	}
	return ExitUsage
}

// oneLine folds an error's lines into one: joined errors read "a; b".
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "; ")
}
