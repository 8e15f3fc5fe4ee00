package journal

import "encoding/binary"

// A rewrite writes the new output and the new journal beside the old ones,
// makes them durable, and then adds one record to the old journal: the switch.
// From then on the new files count, whatever happens; before, the old ones do.

// switchRecord names the sizes of the new files.
func switchRecord(dst []byte, rows, records int64) []byte {
	return appendRecord(dst, kindSwitch, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint64(b, uint64(rows))
		return binary.LittleEndian.AppendUint64(b, uint64(records))
	})
}

// completeSwitch puts the new files in place of the old ones. It may be
// interrupted and done again: the journal, which tells that it is due, goes
// last.
func (j *Journal) completeSwitch() error {
	p := j.place
	if !exists(p.jrnlTmp) {
		return &Error{Code: CodeCorrupt, Path: p.jrnlTmp, Text: "the rewritten journal is gone", Remedy: rebuildRemedy}
	}
	if exists(p.rowsTmp) {
		if err := j.rename(p.rowsTmp, p.output); err != nil {
			return err
		}
	}
	if err := j.syncDirs(); err != nil {
		return err
	}
	if err := j.rename(p.jrnlTmp, p.journal); err != nil {
		return err
	}
	return j.syncDir(p.dir)
}
