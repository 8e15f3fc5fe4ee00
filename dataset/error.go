package dataset

import (
	"errors"
	"strconv"
)

// ErrEmpty is wrapped by the error of an input that holds no item at all.
var ErrEmpty = errors.New("holds no items")

// A FileError says in one line why an input as a whole cannot be used.
type FileError struct {
	Path string // as the user gave it; "stdin" for standard input
	Err  error  // the problem, with its remedy where there is one
}

// Error returns "path: problem".
func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the problem.
func (e *FileError) Unwrap() error { return e.Err }

func fileError(path, problem string) *FileError {
	return &FileError{Path: path, Err: errors.New(problem)}
}

// maxSnippet is how much of an unreadable line is kept for its row.
const maxSnippet = 1 << 10

// A LineError says in one line what is wrong with one line or record of an
// input. It is the Err of an item that could not be read (then Raw is nil) or
// not be sent, or, if [Options.Strict], the error that ends the reading.
type LineError struct {
	File string // "" for a reader without a name
	Line int64  // where the record begins, from 1
	Err  error  // the problem
	Text []byte // the line's first bytes, at most 1 KiB

	sum uint32 // CRC-32C of the whole line
}

// Error returns "file:line: problem".
func (e *LineError) Error() string { return place(e.File, e.Line) + ": " + e.Err.Error() }

// Unwrap returns the problem.
func (e *LineError) Unwrap() error { return e.Err }

// place returns "file:line", or "line n" for a reader without a name.
func place(file string, line int64) string {
	n := strconv.FormatInt(line, 10)
	if file == "" {
		return "line " + n
	}
	return file + ":" + n
}
