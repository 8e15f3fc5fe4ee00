package journal

import (
	"bytes"
	"os"
	"time"
)

const (
	openExisting = os.O_RDWR
	openNew      = os.O_RDWR | os.O_CREATE
	openFresh    = os.O_RDWR | os.O_CREATE | os.O_TRUNC
)

// load opens the journal and the output as a crash, or nothing, left them, and
// brings them to the state of the last commit.
func (j *Journal) load() error {
	r, err := j.replay()
	for err == nil && r != nil && r.switched {
		j.closeFiles()
		if err = j.completeSwitch(); err == nil {
			r, err = j.replay()
		}
	}
	if err != nil {
		return err
	}
	if err := j.removeTemporary(); err != nil {
		return err
	}
	if r == nil {
		return j.create()
	}
	j.recovered = r.recovery()
	j.end = r.end
	return j.cut(r)
}

// replay opens and reads the journal, anew. It returns nil if there is none and
// no row either.
func (j *Journal) replay() (*replay, error) {
	j.items.reset()
	r := &replay{path: j.place.journal, items: &j.items, ledger: newLedger()}
	f, err := j.opt.FS.OpenFile(j.place.journal, openExisting, 0)
	if os.IsNotExist(err) {
		return nil, j.noRows()
	}
	if err != nil {
		return nil, &Error{Code: CodeIO, Path: j.place.journal, Text: "cannot open the journal", Err: cause(err)}
	}
	j.tail.f = f
	whole, err := r.readFile(f)
	if err == nil && !whole {
		err, r = j.noRows(), nil
	}
	return r, err
}

// readFile replays a journal from its header on. whole is false for one that
// was never completed: torn before its identity ended.
func (r *replay) readFile(f File) (whole bool, err error) {
	n, whole, err := r.readHeader(f)
	if err != nil || !whole {
		return false, err
	}
	if err := r.read(f, n); err != nil {
		return false, err
	}
	if err := r.torn(f, n); err != nil {
		return false, err
	}
	return r.named || r.switched, nil
}

// readHeader returns the size of a journal, and whether its header is there.
func (r *replay) readHeader(f File) (n int64, whole bool, err error) {
	if n, err = size(f); err != nil {
		return 0, false, &Error{Code: CodeIO, Path: r.path, Text: "cannot look at the journal", Err: cause(err)}
	}
	head := make([]byte, min(n, headerSize))
	if _, err := f.ReadAt(head, 0); err != nil {
		return 0, false, &Error{Code: CodeIO, Path: r.path, Text: "cannot read the journal", Err: cause(err)}
	}
	if n < headerSize || len(bytes.Trim(head, "\x00")) == 0 {
		return n, false, nil
	}
	return n, true, checkHeader(r.path, head)
}

// noRows is why a missing journal cannot be made up: there are rows.
func (j *Journal) noRows() error {
	info, err := os.Stat(j.place.output)
	if err != nil || info.Size() == 0 {
		return nil
	}
	return &Error{Code: CodeNoJournal, Path: j.place.output,
		Text: "the output holds rows, but their journal is lost", Remedy: rebuildRemedy + "; or start over"}
}

// create makes a new journal, whole before it gets its name, and the output.
func (j *Journal) create() error {
	j.closeFiles()
	b := identityRecord(header(), j.opt.Identity)
	if err := j.writeWhole(j.place.jrnlTmp, b); err != nil {
		return err
	}
	if err := j.rename(j.place.jrnlTmp, j.place.journal); err != nil {
		return err
	}
	if err := j.openFiles(openNew); err != nil {
		return err
	}
	j.recovered = Recovery{Created: true, Identity: bytes.Clone(j.opt.Identity)}
	j.end = 0
	j.tail.start(j.opt.NoSync, j.place.journal, int64(len(b)))
	return j.syncDirs()
}

// writeWhole writes a file and makes its contents durable.
func (j *Journal) writeWhole(name string, b []byte) error {
	f, err := j.opt.FS.OpenFile(name, openFresh, 0o644)
	if err == nil {
		if err = writeAt(f, b, 0); err == nil {
			err = j.syncFile(f)
		}
		if failed := f.Close(); err == nil {
			err = failed
		}
	}
	if err != nil {
		return &Error{Code: CodeIO, Path: name, Text: "cannot write", Err: cause(err)}
	}
	return nil
}

// openFiles opens the output and, if it is not open yet, the journal.
func (j *Journal) openFiles(flag int) (err error) {
	if j.out, err = j.opt.FS.OpenFile(j.place.output, flag, 0o644); err != nil {
		j.out = nil
		return &Error{Code: CodeIO, Path: j.place.output, Text: "cannot open the output", Err: cause(err)}
	}
	if j.tail.f == nil {
		if j.tail.f, err = j.opt.FS.OpenFile(j.place.journal, openExisting, 0); err != nil {
			j.tail.f = nil
			return &Error{Code: CodeIO, Path: j.place.journal, Text: "cannot open the journal", Err: cause(err)}
		}
	}
	return nil
}

// cut verifies the last rows and cuts off what no commit covers. What is left
// is made durable, since the rows of a killed process may not have been.
func (j *Journal) cut(r *replay) error {
	p := j.place.output
	flag := openNew
	if r.rows > 0 {
		flag = openExisting
	}
	if r.rows > 0 && !exists(p) {
		return &Error{Code: CodeOutput, Path: p,
			Text: "the output is gone, but its journal holds rows; bring it back or start over"}
	}
	if err := j.openFiles(flag); err != nil {
		return err
	}
	rows, err := size(j.out)
	if err != nil {
		return &Error{Code: CodeIO, Path: p, Text: "cannot look at the output", Err: cause(err)}
	}
	if rows < r.end {
		return j.short(r, rows)
	}
	if err := r.verify(p, j.out); err != nil {
		return err
	}
	records, err := size(j.tail.f)
	if err != nil {
		return &Error{Code: CodeIO, Path: j.place.journal, Text: "cannot look at the journal", Err: cause(err)}
	}
	j.recovered.RowBytesCut = rows - r.end
	j.recovered.JournalBytesCut = records - r.good
	if err := j.cutFile(j.out, p, r.end, rows); err != nil {
		return err
	}
	if err := j.cutFile(j.tail.f, j.place.journal, r.good, records); err != nil {
		return err
	}
	j.tail.start(j.opt.NoSync, j.place.journal, r.good)
	return j.syncDirs()
}

func (j *Journal) cutFile(f File, path string, to, from int64) error {
	var err error
	if from > to {
		err = f.Truncate(to)
	}
	if err == nil {
		err = j.syncFile(f)
	}
	if err != nil {
		return &Error{Code: CodeIO, Path: path, Text: "cannot cut off what was not committed", Err: cause(err)}
	}
	return nil
}

// short is the error for an output that lacks committed rows: it names the
// first one, which the journal is read again for.
func (j *Journal) short(r *replay, rows int64) error {
	e := &Error{Code: CodeCorrupt, Path: j.place.output, Line: 1, Offset: rows,
		Text: "the output ends here, but more rows were committed", Remedy: restoreRemedy}
	for entry, err := range entries(j.tail.f, j.place.journal, r.good) {
		if err != nil || entry.Offset+entry.Length > rows {
			break
		}
		e.Line++
	}
	return e
}

// syncDirs makes the names of the files durable.
func (j *Journal) syncDirs() error { return j.syncPlace(j.place) }

// syncPlace makes the names of a run's files durable.
func (j *Journal) syncPlace(p place) error {
	for _, dir := range []string{p.dir, parent(p.output)} {
		if err := j.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) syncDir(dir string) error {
	if j.opt.NoSync {
		return nil
	}
	if err := j.opt.FS.SyncDir(dir); err != nil {
		return &Error{Code: CodeIO, Path: dir, Text: "cannot make the folder durable", Err: cause(err)}
	}
	return nil
}

func (j *Journal) rename(from, to string) error {
	if err := j.opt.FS.Rename(from, to); err != nil {
		return &Error{Code: CodeIO, Path: to, Text: "cannot put the file in place", Err: cause(err)}
	}
	return nil
}

// removeTemporary removes what an interrupted rewrite left behind.
func (j *Journal) removeTemporary() error {
	for _, name := range []string{j.place.rowsTmp, j.place.jrnlTmp, j.place.sortTmp, j.place.stub} {
		if err := remove(j.opt.FS, name); err != nil {
			return &Error{Code: CodeIO, Path: name, Text: "cannot remove", Err: cause(err)}
		}
	}
	return nil
}

// startSession notes that this process begins to write.
func (j *Journal) startSession() error {
	end, err := j.tail.append(func(b []byte, _ int64) []byte {
		return sessionRecord(b, time.Now().UnixMilli(), os.Getpid())
	})
	if err != nil {
		return err
	}
	return j.tail.sync(end)
}
