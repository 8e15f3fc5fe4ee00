package journal

import (
	"fmt"
	"strings"
)

// Code is the closed set of reasons for which a journal fails.
type Code uint8

// The codes.
const (
	CodeIO        Code = iota // the disk or the file system failed: full, read-only, a failed sync
	CodeLocked                // another run holds the journal
	CodeNoJournal             // there are rows, but no journal: see Rebuild
	CodeCorrupt               // what was committed is damaged: see Rebuild
	CodeVersion               // not a journal, or one of a version or with records unknown here
	CodeOutput                // the output is a directory, a device, or gone, or was removed or replaced during the run
	CodeClosed                // the journal is closed
	CodeUsage                 // a call that breaks the contract: a second row for an item, a row without newline
	CodeFull                  // the disk has no room at present: see Room
)

var codeNames = [...]string{
	CodeIO: "io", CodeLocked: "locked", CodeNoJournal: "no_journal",
	CodeCorrupt: "corrupt", CodeVersion: "version", CodeOutput: "output",
	CodeClosed: "closed", CodeUsage: "usage", CodeFull: "full",
}

// String returns the code's name: "io", "locked", "no_journal", ...
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return "unknown"
}

// Error is what every function and method of this package fails with, unless
// its context ended.
type Error struct {
	Code   Code
	Path   string // the file concerned; "" if none
	Offset int64  // in Path, of damage; 0 if not known
	Line   int64  // of the output, of a damaged row, from 1; 0 if not known
	PID    int    // of the process that holds the lock; 0 if not known
	Text   string // what is wrong
	Remedy string // what helps, in the words of this package; a caller may set its own; "" if there is nothing to say
	Kept   string // where the rows of a run whose files went astray are now: an output with its journal; "" if that is not concerned, or they are lost
	Err    error  // the cause; nil if there is none
}

// Error returns one line: the path, the place in it, what is wrong, the cause,
// and what helps.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Offset > 0 {
		fmt.Fprintf(&b, "byte %d: ", e.Offset)
	}
	b.WriteString(e.Text)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func usage(format string, args ...any) *Error {
	return &Error{Code: CodeUsage, Text: "journal: " + fmt.Sprintf(format, args...)}
}
