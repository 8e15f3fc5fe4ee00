package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// The journal's file is a header and then records, as docs/journal.md
// describes them by byte.
const (
	magic      = "PLJRNL\r\n" // the line ending betrays a copy in text mode
	version    = 1
	headerSize = 16      // magic, version, checksum of both
	maxPayload = 1 << 24 // a longer record is damage
	crcSize    = 4
	minRecord  = 1 + 1 + crcSize
)

// kind says what a record is. One that is not known here is skipped, unless
// its top bit is set: then the journal cannot be understood without it.
type kind uint8

const (
	kindIdentity kind = 1  // the run's identity; the last one holds
	kindSession  kind = 2  // a process opened the journal
	kindIntent   kind = 3  // a request is about to be sent
	kindAttempt  kind = 4  // a request ended and brought no row
	kindEntry    kind = 5  // a row stands in the output
	kindBatch    kind = 6  // a commit begins: what was durable before it
	kindCarry    kind = 7  // totals of what a rewrite left out
	kindAccount  kind = 8  // where the requests went that a rewrite left out
	kindBounds   kind = 9  // bounds of what a rewrite left out
	kindMoment   kind = 10 // how the run stood at one time

	kindCritical kind = 0x80
	kindSwitch   kind = 0x81 // the rewritten files are whole: they replace the old
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum is the checksum that journals use for items and rows: CRC-32C.
func Sum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

func header() []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	return binary.LittleEndian.AppendUint32(b, Sum(b))
}

// checkHeader judges the first bytes of a journal.
func checkHeader(path string, b []byte) error {
	if magicLost(b) {
		return &Error{Code: CodeCorrupt, Path: path, Text: "the journal's header is damaged", Remedy: rebuildRemedy}
	}
	if string(b[:8]) != magic {
		return &Error{Code: CodeVersion, Path: path, Text: "this is no journal of Paceline; move it away, or name another output"}
	}
	if Sum(b[:12]) != binary.LittleEndian.Uint32(b[12:]) {
		return &Error{Code: CodeCorrupt, Path: path, Text: "the journal's header is damaged", Remedy: rebuildRemedy}
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != version {
		return &Error{Code: CodeVersion, Path: path, Text: "the journal was written by a newer Paceline"}
	}
	return nil
}

// magicLost reports whether some of a journal's first bytes were never written,
// by a disk that said that they were: they are zeros, and the others are right.
func magicLost(b []byte) bool {
	lost := false
	for i := range len(magic) {
		if b[i] != magic[i] && b[i] != 0 {
			return false
		}
		lost = lost || b[i] == 0
	}
	return lost
}

// What helps where a journal, or a row, is damaged.
const (
	rebuildRemedy = "Rebuild makes it anew from the rows"
	restoreRemedy = "restore it, or let Rebuild make the journal anew from the rows"
)

// appendRecord appends a record whose payload fill appends.
func appendRecord(dst []byte, k kind, fill func([]byte) []byte) []byte {
	start := len(dst)
	dst = append(dst, byte(k), 0)
	dst = fill(dst)
	return sealRecord(dst, start)
}

// appendCounts appends a record that is nothing but counts.
func appendCounts(dst []byte, k kind, counts []*int64) []byte {
	return appendRecord(dst, k, func(b []byte) []byte {
		for _, n := range counts {
			b = appendCount(b, *n)
		}
		return b
	})
}

// parseCounts reads what appendCounts wrote, and reports whether it is that.
func parseCounts(payload []byte, counts []*int64) bool {
	f := fields{b: payload}
	for _, n := range counts {
		*n = f.count()
	}
	return !f.bad
}

// sealRecord completes a record that begins at start with its kind, one byte
// left for the length, and its payload.
func sealRecord(dst []byte, start int) []byte {
	n := len(dst) - start - 2
	if n < 0x80 {
		dst[start+1] = byte(n)
	} else {
		var length [binary.MaxVarintLen64]byte
		w := binary.PutUvarint(length[:], uint64(n))
		dst = append(dst, length[1:w]...)
		copy(dst[start+1+w:], dst[start+2:start+2+n])
		copy(dst[start+1:], length[:w])
	}
	return binary.LittleEndian.AppendUint32(dst, Sum(dst[start:]))
}

// parseRecord reads the record at the start of b. ok is false when b does not
// begin with a whole, undamaged record; need is then how many bytes it would
// take to tell, or 0 if more would not help.
func parseRecord(b []byte) (k kind, payload []byte, size, need int, ok bool) {
	if len(b) < minRecord {
		return 0, nil, 0, minRecord, false
	}
	if b[0] == 0 {
		return 0, nil, 0, 0, false
	}
	n, w := binary.Uvarint(b[1:min(len(b), 1+binary.MaxVarintLen64)])
	switch {
	case w == 0:
		return 0, nil, 0, 1 + binary.MaxVarintLen64, false
	case w < 0 || n > maxPayload:
		return 0, nil, 0, 0, false
	}
	body := 1 + w + int(n)
	if len(b) < body+crcSize {
		return 0, nil, 0, body + crcSize, false
	}
	if Sum(b[:body]) != binary.LittleEndian.Uint32(b[body:]) {
		return 0, nil, 0, 0, false
	}
	return kind(b[0]), b[1+w : body], body + crcSize, 0, true
}

func identityRecord(dst, identity []byte) []byte {
	return appendRecord(dst, kindIdentity, func(b []byte) []byte { return append(b, identity...) })
}

const batchSize = 16 // payload of a batch record

// appendBatch appends the record that opens a commit at offset at of the
// journal, when everything before synced is known to be durable.
func appendBatch(dst []byte, synced, at int64) []byte {
	return appendRecord(dst, kindBatch, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint64(b, uint64(synced))
		return binary.LittleEndian.AppendUint64(b, uint64(at))
	})
}

// parseBatch returns the synced offset, and whether the record stands where it
// says it does.
func parseBatch(payload []byte, at int64) (synced int64, ok bool) {
	if len(payload) < batchSize {
		return 0, false
	}
	synced = int64(binary.LittleEndian.Uint64(payload))
	return synced, int64(binary.LittleEndian.Uint64(payload[8:])) == at && synced <= at
}
