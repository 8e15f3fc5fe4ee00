package journal

import "errors"

// probeBytes is what one commit may write. Tests, which open thousands of
// journals, make do with less.
var probeBytes int64 = 1 << 20

const probeChunk = 64 << 10

// probe fails unless the disk takes as much as a commit writes: a run on a full
// disk would pay for calls whose answers it cannot keep.
func (j *Journal) probe() error {
	f, err := j.opt.FS.OpenFile(j.place.probe, openFresh, 0o644)
	if err == nil {
		err = j.occupy(f)
		err = errors.Join(err, f.Close())
	}
	if gone := remove(j.opt.FS, j.place.probe); err == nil {
		err = gone
	}
	if err != nil {
		return &Error{Code: CodeIO, Path: j.place.probe,
			Text: "the disk does not take a first MiB of rows", Err: cause(err)}
	}
	return nil
}

// occupy writes probeBytes, and makes them durable: some file systems tell only
// then that they have no room.
func (j *Journal) occupy(f File) error {
	chunk := make([]byte, probeChunk)
	for at := int64(0); at < probeBytes; at += probeChunk {
		if err := writeAt(f, chunk, at); err != nil {
			return err
		}
	}
	return j.syncFile(f)
}
