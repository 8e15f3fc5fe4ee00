package command

import (
	"errors"
	"fmt"
)

// The exit codes, the same for every command.
const (
	ExitDone        = 0   // all done
	ExitUsage       = 1   // wrong usage or input; nothing was sent
	ExitFailed      = 2   // finished, but some items have no accepted answer
	ExitStopped     = 3   // stopped early; the same command continues
	ExitInterrupted = 130 // interrupted; the same command continues
)

// ExitCodes is the part of a help page that states them.
const ExitCodes = `  0    all done
  1    wrong usage or input; nothing was sent
  2    finished, but some items failed, were never accepted, or have an answer
       that was cut off, filtered or refused
  3    stopped early (bad key, no quota, a budget spent, disk full); the same
       command continues
  130  interrupted; the same command continues`

// Exit is an error that names the code with which the program ends. A nil err
// ends it without another word.
type Exit struct {
	Code int
	Err  error
}

// Error returns what Err says, or the code where there is none.
func (e *Exit) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *Exit) Unwrap() error { return e.Err }

// ExitCode returns the code with which err ends the program: every error that
// does not name its own is one of usage or input.
func ExitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	if e, ok := errors.AsType[*Exit](err); ok {
		return e.Code
	}
	return ExitUsage
}
