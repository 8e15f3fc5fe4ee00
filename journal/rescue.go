package journal

import (
	"fmt"
	"io"
	"os"
)

// retrieve looks for the files once more and rescues them if they are astray.
func (j *Journal) retrieve() error {
	if err := j.look(); err == nil {
		return nil
	}
	return j.rescue(j.astray.err.Load())
}

// rescue brings what a run wrote to a path again after its files went astray,
// and returns lost with what became of them. Nothing that stands there now is
// touched: where a path is taken, or another run has begun, rows and journal
// are put beside it, a run of their own. The files must still be open, and
// the committer have ended.
func (j *Journal) rescue(lost *Error) *Error {
	e := *lost
	to, err := j.refuge()
	if err == nil {
		err = j.bring(to)
	}
	switch {
	case err != nil:
		e.Remedy = "what was written could not be saved: " + cause(err).Error()
	case to.output == j.place.output:
		e.Kept, e.Remedy = to.output, "all rows and their journal are there again"
	default:
		e.Kept, e.Remedy = to.output, "all rows are in "+to.output+", with their journal"
	}
	return &e
}

// refuge returns where the files can be put, with a folder for the journal: their
// own place if nobody else has taken it.
func (j *Journal) refuge() (place, error) {
	if j.free() {
		return j.place, nil
	}
	for n := 1; n <= 100; n++ {
		p := placeOf(j.place.output + ".rescued")
		if n > 1 {
			p = placeOf(fmt.Sprintf("%s.rescued-%d", j.place.output, n))
		}
		if exists(p.output) {
			continue
		}
		err := os.Mkdir(p.dir, 0o755)
		if err == nil || !os.IsExist(err) {
			return p, err
		}
	}
	return place{}, fmt.Errorf("too many files %s.rescued are there", j.place.output)
}

// free reports whether the run's own place is still its own, and holds its lock
// if so.
func (j *Journal) free() bool {
	for _, k := range j.kept()[:2] {
		if j.standing(k) == another {
			return false
		}
	}
	held := kept{j.lock, j.place.lock}
	if j.standing(held) == itself {
		return true
	}
	if err := os.Mkdir(j.place.dir, 0o755); err != nil && !os.IsExist(err) {
		return false
	}
	l, err := lock(j.place)
	if err != nil {
		return false
	}
	j.lock.Close()
	j.lock = l
	return true
}

// bring writes to a place what does not stand there. The rows come first: a
// journal can be rebuilt from them.
func (j *Journal) bring(to place) error {
	records, err := size(j.tail.f)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		from      File
		size      int64
		tmp, path string
	}{{j.out, j.end, to.rowsTmp, to.output}, {j.tail.f, records, to.jrnlTmp, to.journal}} {
		if j.standing(kept{c.from, c.path}) == itself {
			continue
		}
		if err := j.copyOut(c.from, c.size, c.tmp); err != nil {
			return err
		}
		if exists(c.path) { // made meanwhile
			return fmt.Errorf("%s: another file is there; they are in %s", c.path, c.tmp)
		}
		if err := j.opt.FS.Rename(c.tmp, c.path); err != nil {
			return err
		}
	}
	return j.syncPlace(to)
}

// copyOut copies the first n bytes of an open file to a new one of the same
// mode, and makes them durable.
func (j *Journal) copyOut(from File, n int64, name string) error {
	info, err := from.Stat()
	if err != nil {
		return err
	}
	to, err := j.opt.FS.OpenFile(name, openFresh, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer to.Close()
	if _, err := io.Copy(io.NewOffsetWriter(to, 0), io.NewSectionReader(from, 0, n)); err != nil {
		return err
	}
	return j.syncFile(to)
}
