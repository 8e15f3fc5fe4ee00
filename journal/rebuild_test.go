package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// parseRow reads rows as rowOf writes them.
func parseRow(row []byte) (Entry, error) {
	var v struct{ Index *int64 }
	if err := json.Unmarshal(row, &v); err != nil {
		return Entry{}, err
	}
	if v.Index == nil {
		return Entry{}, errors.New("no index")
	}
	return entryOf(*v.Index), nil
}

func rebuildOptions() RebuildOptions {
	return RebuildOptions{Options: Options{Identity: []byte("the run"), NoSync: true}, Parse: parseRow}
}

func TestRebuildALostJournal(t *testing.T) {
	name := tempOutput(t)
	rows, records := smallRun(t, name, scrambled...)
	for what, journal := range map[string][]byte{"lost": nil, "damaged": flip(records, 100), "whole": records} {
		t.Run(what, func(t *testing.T) {
			put(t, name, rows, journal)
			found, err := Rebuild(context.Background(), name, rebuildOptions())
			if err != nil || found != (Rebuilt{Rows: int64(len(scrambled))}) {
				t.Fatalf("%+v, %v", found, err)
			}
			j := mustOpen(t, name, Options{NoSync: true})
			equal(t, indices(t, name, j), scrambled)
			if r := j.Recovered(); string(r.Identity) != "the run" || r.Totals.Cost == 0 {
				t.Errorf("recovered %+v", r)
			}
			if journal != nil && !bytes.Equal(mustRead(t, placeOf(name).damaged), journal) {
				t.Error("the old journal was not kept")
			}
			mustClose(t, j)
		})
	}
}

func flip(b []byte, at int) []byte {
	b = slices.Clone(b)
	b[at] ^= 1
	return b
}

func TestFault53LastRowWithoutNewline(t *testing.T) {
	name := tempOutput(t)
	rows, _ := smallRun(t, name, 2, 0, 1)
	put(t, name, rows[:len(rows)-1], nil)
	found, err := Rebuild(context.Background(), name, rebuildOptions())
	if err != nil || found != (Rebuilt{Rows: 3}) {
		t.Fatalf("%+v, %v", found, err)
	}
	j := mustOpen(t, name, Options{NoSync: true})
	equal(t, indices(t, name, j), []int64{2, 0, 1})
}

// The rows are cut at every byte, with nothing or NULs behind: whole rows stay.
func TestFault52RebuildFromRowsCutAtEveryByte(t *testing.T) {
	name := tempOutput(t)
	rows, _ := smallRun(t, name, upTo(4)...)
	for cut := range len(rows) {
		for _, padding := range []int{0, 600} {
			whole := bytes.Count(rows[:cut], []byte("\n"))
			torn := cut - (bytes.LastIndexByte(rows[:cut], '\n') + 1) + padding
			if padding == 0 && rows[cut] == '\n' {
				whole, torn = whole+1, 0 // but for its newline
			}
			put(t, name, append(slices.Clone(rows[:cut]), make([]byte, padding)...), nil)
			found, err := Rebuild(context.Background(), name, rebuildOptions())
			if want := (Rebuilt{Rows: int64(whole), BytesCut: int64(torn)}); err != nil || found != want {
				t.Fatalf("cut at %d: %+v, %v, want %+v", cut, found, err, want)
			}
			j := mustOpen(t, name, Options{NoSync: true})
			equal(t, indices(t, name, j), upTo(int64(whole)))
			mustClose(t, j)
		}
	}
}

func TestFault54RowsThatCannotBeRead(t *testing.T) {
	name := tempOutput(t)
	for what, bad := range map[string]string{
		"no JSON": "}garbage{\n", "no index": "{}\n", "twice": string(rowOf(0)),
		"negative": `{"index":-3}` + "\n", "NUL": strings.Repeat("\x00", 100) + "\n", "empty": "\n",
	} {
		t.Run(what, func(t *testing.T) {
			rows := slices.Concat(rowOf(0), []byte(bad), rowOf(1))
			put(t, name, rows, nil)
			os.Remove(placeOf(name).rejected)
			o := rebuildOptions()
			_, err := Rebuild(context.Background(), name, o)
			e := failure(t, err, CodeCorrupt)
			if e.Line != 2 || e.Offset != int64(len(rowOf(0))) || e.Path != name {
				t.Fatalf("named as %v", e)
			}
			if got := mustRead(t, name); !bytes.Equal(got, rows) || exists(placeOf(name).journal) {
				t.Fatal("something was changed")
			}
			o.SetAside = true
			found, err := Rebuild(context.Background(), name, o)
			if want := (Rebuilt{Rows: 2, Rejected: 1, RejectedFile: placeOf(name).rejected}); err != nil || found != want {
				t.Fatalf("%+v, %v, want %+v", found, err, want)
			}
			if got := string(mustRead(t, found.RejectedFile)); got != bad {
				t.Fatalf("set aside %q", got)
			}
			j := mustOpen(t, name, Options{NoSync: true})
			equal(t, indices(t, name, j), upTo(2))
			mustClose(t, j)
		})
	}
}

// A crash in any step of a rebuilding leaves the rows, and the next succeeds.
func TestRebuildCutAtEveryStep(t *testing.T) {
	for n := 1; ; n++ {
		name := tempOutput(t)
		rows, records := smallRun(t, name, scrambled...)
		put(t, name, append(slices.Clone(rows), "torn"...), flip(records, 100))
		f := &faultFS{n: n, crash: true, half: true}
		o := rebuildOptions()
		o.FS, o.NoSync = f, false
		_, err := Rebuild(context.Background(), name, o)
		if err == nil {
			break
		}
		if !f.down {
			t.Fatal(err)
		}
		if _, err := Rebuild(context.Background(), name, rebuildOptions()); err != nil {
			t.Fatalf("step %d, %s: %v", n, f.log[len(f.log)-1], err)
		}
		j := mustOpen(t, name, Options{NoSync: true})
		equal(t, indices(t, name, j), scrambled)
		mustClose(t, j)
	}
}

func TestRebuildNeedsTheLock(t *testing.T) {
	name := tempOutput(t)
	mustOpen(t, name, Options{})
	_, err := Rebuild(context.Background(), name, rebuildOptions())
	failure(t, err, CodeLocked)
	_, err = Rebuild(context.Background(), tempOutput(t), rebuildOptions())
	failure(t, err, CodeOutput)
}

func TestRemove(t *testing.T) {
	name := tempOutput(t)
	if err := Remove(name); err != nil {
		t.Fatalf("nothing there: %v", err)
	}
	j := mustOpen(t, name, Options{})
	mustAppend(t, j, 1)
	failure(t, Remove(name), CodeLocked)
	mustClose(t, j)
	if err := Remove(name); err != nil {
		t.Fatal(err)
	}
	if exists(name) || exists(Dir(name)) {
		t.Fatal("something is left")
	}
	j = mustOpen(t, name, Options{})
	if !j.Recovered().Created {
		t.Fatal("not new")
	}
	mustClose(t, j)
	if err := os.WriteFile(name, []byte("rows\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, name, []byte("rows\n"), nil)
	if err := Remove(name); err != nil || exists(name) {
		t.Fatalf("rows without journal: %v", err)
	}
}
