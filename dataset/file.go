package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// stdinName stands for standard input in items and errors.
const stdinName = "stdin"

// Open opens the files that paths name: a path, a glob (whose files are read
// in the order of their names) or "-" for standard input. Every file is
// looked at: one that is missing, a directory, unreadable, given twice, of a
// kind that cannot be read, or all of them empty, is a [*FileError] here,
// before anything is sent.
func Open(paths []string, o Options) (*Input, error) {
	if len(paths) == 0 {
		return nil, errors.New("no input: give files, globs, or - for standard input")
	}
	in := &Input{opt: o}
	for _, p := range paths {
		if err := in.add(p); err != nil {
			return nil, err
		}
	}
	if in.Rereadable() && in.size() == 0 {
		return nil, &FileError{Path: strings.Join(in.Paths(), ", "), Err: ErrEmpty}
	}
	return in, nil
}

// add adds the files that one path names.
func (in *Input) add(path string) error {
	if path == "-" {
		return in.addStdin()
	}
	found := []string{path}
	if _, err := os.Lstat(path); err != nil && strings.ContainsAny(path, "*?[") {
		found, err = filepath.Glob(path)
		if err != nil {
			return fileError(path, "is not a valid glob: close its brackets, or escape them with \\")
		}
		if len(found) == 0 {
			return fileError(path, "matches no file")
		}
		slices.Sort(found)
	}
	for _, p := range found {
		if err := in.addFile(p); err != nil {
			return err
		}
	}
	return nil
}

func (in *Input) addStdin() error {
	if in.opt.Stdin == nil {
		return fileError("-", "standard input is not available here: give a file")
	}
	for _, f := range in.files {
		if f.path == stdinName && f.once != nil {
			return fileError("-", "standard input is given twice")
		}
	}
	in.files = append(in.files, &file{path: stdinName, once: in.opt.Stdin})
	return nil
}

func (in *Input) addFile(path string) error {
	f := &file{path: path}
	var err error
	if f.info, err = os.Stat(path); err != nil {
		return f.problem(err)
	}
	if f.info.IsDir() {
		return fileError(path, "is a directory: give its files, such as "+filepath.Join(path, "*.jsonl"))
	}
	for _, other := range in.files {
		if other.info != nil && os.SameFile(other.info, f.info) {
			return fileError(path, "is given twice: its items would be sent twice")
		}
	}
	if err := f.check(in.opt); err != nil {
		return f.problem(err)
	}
	in.files = append(in.files, f)
	return nil
}

// size returns the files' size on disk in bytes.
func (in *Input) size() (n int64) {
	for _, f := range in.files {
		if f.info != nil {
			n += f.info.Size()
		}
	}
	return n
}

// Uses reports whether path, through links too, is one of the input's files.
func (in *Input) Uses(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(in.files, func(f *file) bool {
		return f.info != nil && os.SameFile(f.info, info)
	})
}

// A file is one of an input's files.
type file struct {
	path string
	info fs.FileInfo // nil for a reader
	once io.Reader   // what can be read only once: a pipe or the caller's reader
}

// check looks at a file's beginning. What can be read only once stays open.
func (f *file) check(o Options) error {
	if !f.info.Mode().IsRegular() {
		r, err := os.Open(f.path)
		f.once = r
		return err
	}
	open, err := f.openFor(o)
	if err != nil {
		return err
	}
	open.close()
	return nil
}

// cut returns why what was read last is no end or line of the file: it has become
// shorter since it was opened.
func (f *file) cut() error {
	if f.info == nil || !f.info.Mode().IsRegular() {
		return nil
	}
	now, err := os.Stat(f.path)
	if err != nil || !os.SameFile(f.info, now) || now.Size() >= f.info.Size() {
		return nil // one that was replaced is read to its end all the same
	}
	return fileError(f.path, fmt.Sprintf("was cut short while it was read, from %d to %d bytes: put it back as it was", f.info.Size(), now.Size()))
}

// problem says in one line what err means for this file.
func (f *file) problem(err error) error {
	if _, ok := errors.AsType[*FileError](err); ok {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = errors.New("no such file")
	case errors.Is(err, fs.ErrPermission):
		err = errors.New("cannot be read: permission denied")
	default:
		if p, ok := errors.AsType[*fs.PathError](err); ok {
			err = p.Err
		}
	}
	return &FileError{Path: f.name(), Err: err}
}

func (f *file) name() string {
	if f.path == "" {
		return "input"
	}
	return f.path
}

// An openFile is a file that is being read.
type openFile struct {
	items reader
	close func()
}

// openFor opens the file, unpacks it and tells its format.
func (f *file) openFor(o Options) (*openFile, error) {
	raw, closeRaw, err := f.raw()
	if err != nil {
		return nil, err
	}
	if r, ok := raw.(*os.File); ok && f.once == nil && f.isParquet(r, o.Format) {
		return f.openParquet(r, o)
	}
	br, free, err := decompress(raw, f.path)
	if err != nil {
		closeRaw()
		return nil, err
	}
	open := &openFile{close: func() { free(); closeRaw() }}
	start, err := head(br)
	if err == nil {
		open.items, err = f.itemsOf(br, start, o)
	}
	if err != nil {
		open.close()
		return nil, err
	}
	return open, nil
}

// raw opens the file's bytes. The caller's readers are left open.
func (f *file) raw() (io.Reader, func(), error) {
	if f.once == nil {
		r, err := os.Open(f.path)
		if err != nil {
			return nil, nil, err
		}
		return r, func() { r.Close() }, nil
	}
	if r, ok := f.once.(*os.File); ok && f.info != nil {
		return r, func() { r.Close() }, nil
	}
	return f.once, func() {}, nil
}

// itemsOf returns the reader of the items, by format.
func (f *file) itemsOf(r io.Reader, start []byte, o Options) (reader, error) {
	format := o.Format
	if format == FormatAuto {
		format = formatOf(f.path, start, o.Fields)
	}
	if err := checkHead(start, format); err != nil {
		return nil, err
	}
	lines := newLineReader(&located{r: r}, o.MaxLine)
	lines.r.(*located).lines = lines
	switch format {
	case FormatCSV:
		return newCSVReader(lines, f.path, ','), nil
	case FormatTSV:
		return newCSVReader(lines, f.path, '\t'), nil
	case FormatText:
		return &textReader{lines: lines, file: f.path}, nil
	}
	return &jsonlReader{lines: lines, file: f.path}, nil
}

// located adds to a read error the line after which it came.
type located struct {
	r     io.Reader
	lines *lineReader
}

func (l *located) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("reading failed after line %d: %w", l.lines.no, err)
	}
	return n, err
}
