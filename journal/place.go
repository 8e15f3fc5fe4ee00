package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir returns the folder that holds the journal of an output, beside it.
func Dir(output string) string { return output + ".paceline" }

// place is where the parts of one run stand.
type place struct {
	output   string // links resolved, so that two names of one file share a journal
	dir      string
	journal  string
	lock     string
	rowsTmp  string // the output to be, while it is rewritten
	jrnlTmp  string // the journal to be, while it is rewritten
	stub     string // a journal that will only say that the rewritten files count
	sortTmp  string // sorted runs, while the output is put in order
	reserve  string // takes up room while a run goes on
	rejected string // rows that Rebuild could not read
	damaged  string // the journal that Rebuild replaced
}

// locate resolves links and refuses an output that cannot hold rows.
func locate(output string) (place, error) {
	info, err := os.Lstat(output)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		real, err := filepath.EvalSymlinks(output)
		if err != nil {
			return place{}, &Error{Code: CodeOutput, Path: output, Text: "the output is a link that leads nowhere"}
		}
		output = real
		info, _ = os.Stat(output)
	}
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return place{}, &Error{Code: CodeIO, Path: output, Text: "cannot look at the output", Err: cause(err)}
	case err == nil && info.IsDir():
		return place{}, &Error{Code: CodeOutput, Path: output, Text: "the output is a directory; name a file"}
	case err == nil && !info.Mode().IsRegular():
		return place{}, &Error{Code: CodeOutput, Path: output, Text: "the output is not a regular file; a run can resume only from one"}
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(output))
	if err != nil {
		return place{}, &Error{Code: CodeIO, Path: filepath.Dir(output), Text: "cannot reach the output's folder", Err: cause(err)}
	}
	return placeOf(filepath.Join(dir, filepath.Base(output))), nil
}

func placeOf(output string) place {
	dir := Dir(output)
	in := func(name string) string { return filepath.Join(dir, name) }
	return place{
		output: output, dir: dir, journal: in("journal"), lock: in("lock"),
		rowsTmp: in("rows.tmp"), jrnlTmp: in("journal.tmp"), sortTmp: in("sort.tmp"), stub: in("switch.tmp"),
		reserve:  in("reserve.tmp"),
		rejected: in("rejected"), damaged: in("journal.damaged"),
	}
}

// cause strips the operation and path that the os package puts around an
// error: our own message names the path already.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}

func parent(name string) string { return filepath.Dir(name) }
