package journal

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

// committed returns the rows whose records stand whole in a prefix of a journal.
func committed(t testing.TB, records []byte) []int64 {
	t.Helper()
	r := &replay{path: "x", ledger: newLedger()}
	if len(records) < headerSize {
		return nil
	}
	if err := r.read(bytes.NewReader(records), int64(len(records))); err != nil {
		t.Fatal(err)
	}
	var list []int64
	for e, err := range entries(bytes.NewReader(records), "x", r.good) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e.Index)
	}
	return list
}

// A process dies at any byte of its journal, when the rows, which are written
// first, stand whole, with more behind.
func TestFault43CutJournalAtEveryByte(t *testing.T) {
	name := tempOutput(t)
	order := []int64{3, 0, 2, 1, 5, 4, 9, 7}
	rows, records := smallRun(t, name, order...)
	head := int64(len(identityRecord(header(), []byte("the run"))))
	for cut := range len(records) + 1 {
		for _, tail := range [][]byte{nil, make([]byte, 700), []byte("\x05\x20garbage")} {
			put(t, name, append(slices.Clone(rows), "torn ro"...), append(slices.Clone(records[:cut]), tail...))
			if int64(cut) < head {
				lost(t, name, cut, tail)
				continue
			}
			want := committed(t, records[:cut])
			j := mustOpen(t, name, Options{NoSync: true})
			equal(t, indices(t, name, j), want)
			if r := j.Recovered(); r.Rows() != int64(len(want)) || string(r.Identity) != "the run" || r.RowBytesCut == 0 {
				t.Fatalf("cut at %d: %+v", cut, r)
			}
			mustAppend(t, j, 20)
			mustClose(t, j)
			j = mustOpen(t, name, Options{NoSync: true})
			equal(t, indices(t, name, j), append(slices.Clone(want), 20))
			mustClose(t, j)
		}
	}
}

// lost checks a journal whose head is torn: with rows it cannot be made up.
func lost(t *testing.T, name string, cut int, tail []byte) {
	t.Helper()
	j, err := Open(name, Options{NoSync: true})
	if err == nil {
		j.Close()
		t.Fatalf("cut at %d with %d bytes behind: opened", cut, len(tail))
	}
	e := err.(*Error)
	if e.Code != CodeNoJournal && e.Code != CodeVersion && e.Code != CodeCorrupt {
		t.Fatalf("cut at %d: %v", cut, err)
	}
}

func TestFault52TornHeadWithoutRows(t *testing.T) {
	head := identityRecord(header(), []byte("the run"))
	for cut := range head {
		name := tempOutput(t)
		put(t, name, nil, head[:cut])
		j := mustOpen(t, name, Options{Identity: []byte("new"), NoSync: true})
		if r := j.Recovered(); !r.Created || string(r.Identity) != "new" {
			t.Fatalf("cut at %d: %+v", cut, r)
		}
		mustClose(t, j)
	}
}

// A machine dies at any byte of its output while the rows are written, before
// their records are.
func TestFault43CutOutputAtEveryByte(t *testing.T) {
	name := tempOutput(t)
	rows, records := smallRun(t, name, upTo(9)...)
	var ends []int64 // of the rows
	for e, err := range entries(bytes.NewReader(records), "x", int64(len(records))) {
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, e.Offset+e.Length)
	}
	// The journal up to the first commit covers three rows.
	first := bytes.Index(records, bytesOfEntry(t, records, 2)) + len(bytesOfEntry(t, records, 2))
	for cut := range len(rows) + 1 {
		put(t, name, rows[:cut], records[:first])
		j, err := Open(name, Options{NoSync: true})
		if int64(cut) >= ends[2] {
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			equal(t, indices(t, name, j), upTo(3))
			mustClose(t, j)
			continue
		}
		e := failure(t, err, CodeCorrupt)
		line, _ := slices.BinarySearch(ends, int64(cut)+1)
		if e.Line != int64(line)+1 || e.Offset != int64(cut) {
			t.Fatalf("cut at %d: %v names line %d, want %d", cut, e, e.Line, line+1)
		}
	}
}

func bytesOfEntry(t *testing.T, records []byte, index int64) []byte {
	t.Helper()
	s := newScanner(bytes.NewReader(records), headerSize, int64(len(records)))
	for s.scan() {
		if s.kind == kindEntry {
			if e, _ := parseEntry(s.payload); e.Index == index {
				return slices.Clone(records[s.off:s.next])
			}
		}
	}
	t.Fatalf("no entry of %d", index)
	return nil
}

// No flipped bit of a journal goes unnoticed, except in the note at its end.
func TestFault54FlippedBitsOfTheJournal(t *testing.T) {
	name := tempOutput(t)
	order := upTo(9)
	rows, records := smallRun(t, name, order...)
	note := len(records) - (2 + batchSize + crcSize)
	for at := range records {
		for bit := range 8 {
			bad := slices.Clone(records)
			bad[at] ^= 1 << bit
			put(t, name, rows, bad)
			j, err := Open(name, Options{NoSync: true})
			if err == nil {
				equal(t, indices(t, name, j), order)
				mustClose(t, j)
				if at < note {
					t.Fatalf("bit %d of byte %d: not noticed", bit, at)
				}
				continue
			}
			if e := err.(*Error); e.Code != CodeCorrupt && e.Code != CodeVersion {
				t.Fatalf("bit %d of byte %d: %v", bit, at, err)
			}
			if got := mustRead(t, name); !bytes.Equal(got, rows) {
				t.Fatalf("bit %d of byte %d: the rows were touched", bit, at)
			}
		}
	}
}

func TestFault54FlippedBytesOfTheOutput(t *testing.T) {
	name := tempOutput(t)
	rows, records := smallRun(t, name, upTo(9)...)
	for at := range rows {
		bad := slices.Clone(rows)
		bad[at] ^= 1
		put(t, name, bad, records)
		_, err := Open(name, Options{NoSync: true})
		e := failure(t, err, CodeCorrupt)
		if want := int64(bytes.Count(rows[:at], []byte("\n"))) + 1; e.Line != want {
			t.Fatalf("byte %d: names line %d, want %d", at, e.Line, want)
		}
		if got := mustRead(t, name); !bytes.Equal(got, bad) {
			t.Fatalf("byte %d: the rows were touched", at)
		}
	}
}

// The pages of one commit reach the disk in any order: a hole in the last,
// unsynced one is a torn tail even with whole records behind it.
func TestFault52HoleInTheLastCommit(t *testing.T) {
	name := tempOutput(t)
	rows, records := smallRun(t, name, upTo(9)...)
	records = records[:len(records)-(2+batchSize+crcSize)] // killed: no note at the end
	hole := bytes.Index(records, bytesOfEntry(t, records, 7))
	for i := range 5 {
		records[hole+i] = 0
	}
	put(t, name, rows, records)
	j := mustOpen(t, name, Options{NoSync: true})
	equal(t, indices(t, name, j), upTo(7))
	r := j.Recovered()
	if r.JournalBytesCut != int64(len(records)-hole) || r.RowBytesCut != int64(len(rowOf(7))+len(rowOf(8))) {
		t.Fatalf("%+v", r)
	}
}

func TestLostJournalIsNotMadeUp(t *testing.T) {
	name := tempOutput(t)
	rows, _ := smallRun(t, name, upTo(3)...)
	put(t, name, rows, nil)
	_, err := Open(name, Options{})
	failure(t, err, CodeNoJournal)
	if got := mustRead(t, name); !bytes.Equal(got, rows) {
		t.Fatal("the rows were touched")
	}
}

func TestLostOutputIsNotMadeUp(t *testing.T) {
	name := tempOutput(t)
	_, records := smallRun(t, name, upTo(3)...)
	put(t, name, nil, records)
	_, err := Open(name, Options{})
	failure(t, err, CodeOutput)
	if exists(name) {
		t.Fatal("an empty output was made")
	}
}

func TestJournalOfALaterVersion(t *testing.T) {
	name := tempOutput(t)
	rows, records := smallRun(t, name, upTo(3)...)
	unknown := appendRecord(nil, 0x33, func(b []byte) []byte { return append(b, "something new"...) })
	put(t, name, rows, append(slices.Clone(records), unknown...))
	j := mustOpen(t, name, Options{NoSync: true})
	equal(t, indices(t, name, j), upTo(3))
	mustClose(t, j)

	critical := appendRecord(nil, 0x93, func(b []byte) []byte { return append(b, "vital"...) })
	put(t, name, rows, append(slices.Clone(records), critical...))
	_, err := Open(name, Options{})
	failure(t, err, CodeVersion)

	for what, b := range map[string][]byte{
		"version": sealHeader(magic, 2), "magic": sealHeader("PNG\r\n\x1a\n\x00", 1),
	} {
		put(t, name, rows, append(b, records[headerSize:]...))
		_, err := Open(name, Options{})
		failure(t, err, CodeVersion)
		if got := mustRead(t, placeOf(name).journal); !bytes.Equal(got[:headerSize], b) {
			t.Fatalf("%s: the file was touched", what)
		}
	}
}

// A header that a disk wrote in part only is damage that can be mended, and not
// somebody else's file.
func TestFault50HeaderLostInPart(t *testing.T) {
	name := tempOutput(t)
	rows, records := smallRun(t, name, upTo(3)...)
	for lost := 1; lost < headerSize; lost++ {
		for _, b := range [][]byte{
			append(make([]byte, lost), records[lost:headerSize]...),
			append(slices.Clone(records[:headerSize-lost]), make([]byte, lost)...),
		} {
			put(t, name, rows, append(b, records[headerSize:]...))
			_, err := Open(name, Options{})
			failure(t, err, CodeCorrupt)
		}
	}
}

func sealHeader(magic string, version byte) []byte {
	b := append([]byte(magic), version, 0, 0, 0)
	s := Sum(b)
	return append(b, byte(s), byte(s>>8), byte(s>>16), byte(s>>24))
}

// Longer records of a later version are read as far as they are known.
func TestLongerEntry(t *testing.T) {
	e := entryOf(7)
	e.Length = 1
	b := appendEntry(nil, &e)
	_, payload, _, _, ok := parseRecord(b)
	if !ok {
		t.Fatal("not a record")
	}
	got, ok := parseEntry(append(slices.Clone(payload), 1, 2, 3))
	if !ok || got != e {
		t.Fatalf("got %+v, want %+v", got, e)
	}
	trip := len(appendTrip(nil, &e.Trip, e.base()))
	ends := []int{len(payload) - trip, len(payload) - trip - len(appendBrought(nil, &e))} // where entries once ended
	for n := range payload {
		if _, ok := parseEntry(payload[:n]); ok != slices.Contains(ends, n) {
			t.Fatalf("%d of %d bytes passed for an entry", n, len(payload))
		}
	}
}

func TestStaleTemporaryFilesGo(t *testing.T) {
	name := tempOutput(t)
	smallRun(t, name, upTo(3)...)
	p := placeOf(name)
	for _, f := range []string{p.rowsTmp, p.jrnlTmp, p.sortTmp} {
		if err := os.WriteFile(f, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	j := mustOpen(t, name, Options{NoSync: true})
	equal(t, indices(t, name, j), upTo(3))
	for _, f := range []string{p.rowsTmp, p.jrnlTmp, p.sortTmp} {
		if exists(f) {
			t.Errorf("%s is still there", f)
		}
	}
}
