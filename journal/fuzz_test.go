package journal

import (
	"bytes"
	"io"
	"reflect"
	"slices"
	"testing"
	"testing/iotest"
	"time"
)

// FuzzReplay reads anything as the records of a journal: it never panics, and
// what it takes for whole reads the same again.
func FuzzReplay(f *testing.F) {
	_, records := smallRun(f, tempOutput(f), 3, 0, 2, 1)
	f.Add(records[headerSize:])
	f.Add(records[headerSize : len(records)-5])
	f.Add(append(slices.Clone(records[headerSize:]), make([]byte, 100)...))
	moment := momentOf(3)
	f.Add(appendMoment(appendAttempt(nil, &Attempt{Index: 2, Trip: tripOf(8)}), &moment))
	f.Add(appendCarry(nil, Totals{Requests: 3, Lost: 1}))
	f.Add(switchRecord(nil, 5, 6))
	f.Add([]byte{5, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		file := append(header(), b...)
		first := replay{path: "x", items: new(items), ledger: newLedger()}
		err := first.read(bytes.NewReader(file), int64(len(file)))
		if err == nil {
			err = first.torn(bytes.NewReader(file), int64(len(file)))
		}
		if err != nil {
			return
		}
		if first.good > int64(len(file)) || first.good < headerSize {
			t.Fatalf("%d of %d bytes are whole", first.good, len(file))
		}
		again := replay{path: "x", items: new(items), ledger: newLedger()}
		if err := again.read(bytes.NewReader(file[:first.good]), first.good); err != nil {
			t.Fatalf("the whole part: %v", err)
		}
		if again.good != first.good || again.end != first.end || again.rows != first.rows ||
			again.ledger.totals != first.ledger.totals || !bytes.Equal(again.identity, first.identity) {
			t.Fatalf("read %+v, then %+v", first, again)
		}
	})
}

// FuzzEntry writes and reads an entry of any values.
func FuzzEntry(f *testing.F) {
	f.Add(int64(0), uint8(0), uint32(0), int64(0), int64(-1), int64(1), int64(0))
	f.Add(int64(1)<<62, uint8(2), uint32(1)<<31, int64(1)<<40, int64(1)<<50, int64(1)<<33, int64(1)<<41)
	f.Fuzz(func(t *testing.T, index int64, status uint8, sum uint32, offset, n, length, ms int64) {
		e := Entry{
			Index: max(index, 0), Status: Status(status % uint8(statuses)), Code: status, ItemSum: sum, RowSum: ^sum,
			Offset: max(offset, 0), Length: max(length, 1), FirstToken: time.Duration(uint32(n)) * time.Microsecond,
			Total: time.Duration(uint32(ms)) * time.Microsecond, Requests: max(n, 0), Attempts: max(ms, 0),
			PromptTokens: max(min(n, 1<<62), -1), CompletionTokens: max(min(ms, 1<<62), -1), Cost: Unknown,
		}
		if ms > 0 && ms < 1<<50 {
			e.Started = time.UnixMilli(ms)
		}
		k, payload, size, _, ok := parseRecord(appendEntry(nil, &e))
		got, parsed := parseEntry(payload)
		if !ok || !parsed || k != kindEntry || size > maxEntry || got != e {
			t.Fatalf("wrote %+v, read %+v (%v, %v, %d bytes)", e, got, ok, parsed, size)
		}
	})
}

// FuzzTrip writes and reads trips of any values, of entries and of attempts.
func FuzzTrip(f *testing.F) {
	f.Add(int64(1_700_000_000_000), int64(300), int64(1000), int64(600), uint16(200), "req_1", "", "", "", false)
	f.Add(int64(0), int64(-5), int64(0), int64(0), uint16(0), "", "east", "big", "busy\n\x1b[1m\xff", true)
	f.Fuzz(func(t *testing.T, ms, later, us, n int64, status uint16, id, endpoint, model, message string, hedge bool) {
		trip := Trip{FirstToken: time.Duration(uint32(us)) * time.Microsecond, Total: time.Duration(uint32(n)) * time.Microsecond,
			HTTP: int(status), Bytes: max(n, 0), RequestID: id, Endpoint: endpoint, Model: model, Message: message, Hedge: hedge}
		if at := ms/4 + later/4; at > 0 && at < 1<<50 {
			trip.Started = time.UnixMilli(at)
		}
		e := Entry{Index: 1, Length: 1, Status: Status(status % uint16(statuses)), Cost: Unknown, Trip: trip}
		if ms > 0 && ms < 1<<50 {
			e.Started = time.UnixMilli(ms)
		}
		want := trip
		want.RequestID, want.Endpoint, want.Model = oneLine(id, maxName), oneLine(endpoint, maxName), oneLine(model, maxName)
		want.Message = oneLine(message, maxMessage)
		record := appendEntry(nil, &e)
		s := newScanner(bytes.NewReader(record), 0, int64(len(record)))
		if s.texts = true; !s.scan() || len(record) > maxEntry {
			t.Fatalf("%d bytes", len(record))
		}
		if got, ok := s.fields().entry(); !ok || got.Trip != want {
			t.Fatalf("wrote %+v, read %+v (%v)", trip, got.Trip, ok)
		}
		_, payload, _, _, _ := parseRecord(appendAttempt(nil, &Attempt{Index: 1, Trip: trip}))
		if got, ok := (fields{b: payload}).attempt(); !ok || got.Trip != want {
			t.Fatalf("wrote %+v, read %+v of an attempt (%v)", trip, got.Trip, ok)
		}
	})
}

// FuzzMoment reads anything as a moment; what passes is written and read again
// as the same.
func FuzzMoment(f *testing.F) {
	for i := range int64(3) {
		m := momentOf(i)
		_, payload, _, _, _ := parseRecord(appendMoment(nil, &m))
		f.Add(payload)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var m, again Moment
		if !m.parse(b) {
			return
		}
		_, payload, _, _, ok := parseRecord(appendMoment(nil, &m))
		if !ok || !again.parse(payload) {
			t.Fatalf("%+v cannot be read again", m)
		}
		m.Limited = slices.Clip(m.Limited)
		for n := len(m.Limited); n > 0 && m.Limited[n-1] == 0; n-- { // zeros at the end are not kept
			m.Limited = m.Limited[:n-1]
		}
		if !reflect.DeepEqual(slices.Collect(slices.Values(m.Limited)), slices.Collect(slices.Values(again.Limited))) {
			t.Fatalf("limited by %v, then %v", m.Limited, again.Limited)
		}
		if m.Limited, again.Limited = nil, nil; !reflect.DeepEqual(m, again) {
			t.Fatalf("read %+v, then %+v", m, again)
		}
	})
}

// Records pass whatever the pieces in which the file is read, and whatever
// their length.
func TestScannerInPieces(t *testing.T) {
	b := header()
	var want []int
	for _, n := range []int{0, 1, 127, 128, 16383, 16384, 3 << 20, 5} {
		b = appendRecord(b, kindIdentity, func(b []byte) []byte { return append(b, make([]byte, n)...) })
		want = append(want, n)
	}
	for what, r := range map[string]io.ReaderAt{
		"whole": bytes.NewReader(b), "halves": halves{bytes.NewReader(b)},
	} {
		s := newScanner(r, headerSize, int64(len(b)))
		var got []int
		for s.scan() {
			got = append(got, len(s.payload))
		}
		if !slices.Equal(got, want) || s.next != int64(len(b)) || s.err != nil {
			t.Errorf("%s: read %v, want %v (%v)", what, got, want, s.err)
		}
	}
	s := newScanner(broken{}, headerSize, int64(len(b)))
	if s.scan() || s.err == nil {
		t.Error("a broken disk was taken for the end")
	}
}

// halves reads half of what it is asked for.
type halves struct{ r io.ReaderAt }

func (h halves) ReadAt(b []byte, off int64) (int, error) {
	return h.r.ReadAt(b[:(len(b)+1)/2], off)
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }
