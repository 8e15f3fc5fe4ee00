package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"

	paceline "github.com/seed-1814a72b/paceline"
)

// Options say how an input is read. The zero value suits most inputs.
type Options struct {
	Format  Format    // of every file; FormatAuto: told for each
	MaxLine int       // the longest line or record in bytes; 0: [DefaultMaxLine]
	Strict  bool      // the first item that cannot be read ends the input with its *LineError
	Stdin   io.Reader // what the path "-" reads; nil: "-" is refused

	// Fields are those that the items are expected to have. With FormatAuto,
	// where the name does not tell, a first line that is a header of all of
	// them makes a file CSV or TSV that is text otherwise. nil: none does.
	Fields []string
}

// An Input is a [paceline.Source] of the items of several files, in order. An
// item's Index runs through all of them. It is used by one goroutine at a time.
type Input struct {
	opt   Options
	files []*file

	at    int // the file that is read, or is to be opened next
	open  *openFile
	index int64
	next  paceline.Item // being read by Next: one of its own would be allocated for each
}

var _ paceline.Source = (*Input)(nil)

// JSONL returns a source of the JSON Lines in r, OpenAI Batch request lines
// included. It ends with io.EOF, also if there are none. r may be compressed.
func JSONL(r io.Reader) paceline.Source { return Read(r, Options{Format: FormatJSONL}) }

// CSV returns a source of the records in r, whose first names the columns.
func CSV(r io.Reader) paceline.Source { return Read(r, Options{Format: FormatCSV}) }

// Text returns a source of the lines of text in r that are not blank.
func Text(r io.Reader) paceline.Source { return Read(r, Options{Format: FormatText}) }

// Read returns an input that reads r once, from where it stands.
func Read(r io.Reader, o Options) *Input {
	return &Input{opt: o, files: []*file{{once: r}}}
}

// Next returns the next item, which is the caller's to keep, or io.EOF after
// the last. A line that cannot be read is an item with an Err; a file that
// cannot be read on is a [*FileError]. Next does not end early while it waits
// for a reader that has nothing to read.
func (in *Input) Next(ctx context.Context) (paceline.Item, error) {
	err := in.scan(ctx, &in.next, true)
	it := in.next
	in.next = paceline.Item{} // it is the caller's alone
	return it, err
}

// NextInto is Next into it, which is the zero Item: a run asks for its items in
// this way, where they are to be.
func (in *Input) NextInto(ctx context.Context, it *paceline.Item) error {
	return in.scan(ctx, it, true)
}

// scan is Next into it, which is the zero Item; without keep it is valid until the
// next scan.
func (in *Input) scan(ctx context.Context, it *paceline.Item, keep bool) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	for in.at < len(in.files) {
		err := in.read(it, keep)
		if err == nil {
			return in.number(it)
		}
		if err != io.EOF {
			return err
		}
		in.closeFile()
		in.at++
	}
	return io.EOF
}

// number gives a freshly read item its place in the input.
func (in *Input) number(it *paceline.Item) error {
	it.Index = in.index
	it.File = in.files[in.at].path
	in.index++
	if in.opt.Strict && it.Err != nil {
		return it.Err
	}
	return nil
}

// read reads the next item of the present file, and opens it if need be.
func (in *Input) read(it *paceline.Item, keep bool) error {
	f := in.files[in.at]
	if in.open == nil {
		o, err := f.openFor(in.opt)
		if err != nil {
			return f.problem(err)
		}
		in.open = o
	}
	err := in.open.items.read(it, keep)
	if err == nil && it.Err == nil {
		return nil
	}
	if cut := f.cut(); cut != nil {
		*it = paceline.Item{} // a torn line
		return cut
	}
	if err == nil || err == io.EOF {
		return err
	}
	return f.problem(err)
}

func (in *Input) closeFile() {
	if in.open != nil {
		in.open.close()
		in.open = nil
	}
}

// Close frees what is open. It closes no reader that the caller gave.
func (in *Input) Close() error {
	in.closeFile()
	in.at = len(in.files)
	return nil
}

// Rereadable reports whether the input can be read more than once: it comes
// from regular files alone.
func (in *Input) Rereadable() bool {
	for _, f := range in.files {
		if f.once != nil {
			return false
		}
	}
	return true
}

// errOnce is why an input cannot be rewound.
var errOnce = fmt.Errorf("%w: the input is a pipe or a reader, which can be read only once", errors.ErrUnsupported)

// Rewind goes back to the first item. It fails, with an error that wraps
// [errors.ErrUnsupported], if the input is not [Input.Rereadable].
func (in *Input) Rewind() error {
	if !in.Rereadable() {
		return errOnce
	}
	in.closeFile()
	in.at, in.index = 0, 0
	return nil
}

// Paths returns the files' names in the order of reading, globs resolved and
// standard input as "stdin".
func (in *Input) Paths() []string {
	paths := make([]string, len(in.files))
	for i, f := range in.files {
		paths[i] = f.path
	}
	return paths
}
