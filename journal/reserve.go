package journal

import (
	"errors"
	"math/rand/v2"
)

// The reserve is a file that takes up room while a run goes on. When the disk is
// full it is removed, and the rows of calls in flight, which are paid for, have its
// place. It is as large as the rows that may wait for a commit.
//
// Tests, which open thousands of journals, make do with less.
var (
	reserveBytes int64 = 4 << 20
	// reserveLeast is what one commit may write. A run does not begin without it: on
	// a full disk it would pay for calls whose answers it cannot keep.
	reserveLeast int64 = 1 << 20
)

const reserveChunk = 64 << 10

// probe makes the reserve, or fails where the disk does not take the least of it.
func (j *Journal) probe() error {
	if _, err := j.setAside(); err != nil {
		return &Error{Code: CodeIO, Path: j.place.reserve,
			Text: "the disk does not take a first MiB of rows", Err: cause(err)}
	}
	return nil
}

// setAside makes the reserve, as large as the disk takes, and returns its size. It
// leaves nothing behind where that would be less than the least.
func (j *Journal) setAside() (int64, error) {
	f, err := j.opt.FS.OpenFile(j.place.reserve, openFresh, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := j.occupy(f)
	err = errors.Join(err, f.Close())
	if err != nil {
		_ = remove(j.opt.FS, j.place.reserve)
	}
	j.queue.most.Store(j.sparing(n))
	return n, err
}

// sparing returns how many bytes of rows are committed without waiting, with a reserve of
// n bytes. Four times as many may wait, and as many more may be under way to the disk
// when it turns out to be full: if the reserve is a small one, half of it, so that the
// rest is for the calls that are in flight then.
func (j *Journal) sparing(n int64) int64 {
	most := int64(j.opt.SyncBytes)
	if n < reserveBytes {
		most = min(most, max(n, reserveLeast)/16)
	}
	return most
}

// occupy writes the reserve, and makes it durable: some file systems tell only then
// that they have no room. What it writes does not shrink by being compressed. A disk
// that does not take all of it keeps room for a commit beside it.
func (j *Journal) occupy(f File) (n int64, err error) {
	noise := rand.NewChaCha8([32]byte{})
	chunk := make([]byte, reserveChunk)
	for n < reserveBytes && err == nil {
		_, _ = noise.Read(chunk) // which never fails
		if err = writeAt(f, chunk, n); err == nil {
			n += reserveChunk
		}
	}
	if n >= reserveLeast && err != nil {
		n = reserveLeast
		err = f.Truncate(n)
	}
	if err == nil {
		err = j.syncFile(f)
	}
	return n, err
}

// spendReserve gives the reserve's room to whoever writes to path next, and reports
// whether there was any: for rows all but what is kept for their records.
func (j *Journal) spendReserve(path string) bool {
	if path != j.place.output {
		return j.opt.FS.Remove(j.place.reserve) == nil
	}
	f, err := j.opt.FS.OpenFile(j.place.reserve, openExisting, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	n, err := size(f)
	return err == nil && n > recordsReserve && f.Truncate(recordsReserve) == nil
}

// recordsReserve is what rows leave of the reserve for the journal: the records of
// some 900 of them. A row without its record is not kept.
const recordsReserve = 64 << 10
