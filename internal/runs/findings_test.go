package runs

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// FuzzFindID looks for an id in anything: a line that is found begins where it
// is said to, and has the id; where none is, no line had it.
func FuzzFindID(f *testing.F) {
	f.Add([]byte(`{"id":"a"}`+"\n"+`{"id":7,"x":"a"}`+"\n"+`{"custom_id":"b/ü"}`), "b/ü")
	f.Add([]byte("{\"id\":\"\\u0061\"}\nno JSON\n\n"), "a")
	f.Add([]byte(`{"id":7}`), "7")
	f.Add([]byte(""), "")
	f.Fuzz(func(t *testing.T, rows []byte, id string) {
		var stopped atomic.Bool
		place, err := findID(bytes.NewReader(rows), id, &stopped)
		if err != nil || place >= int64(len(rows)) {
			t.Fatalf("%d of %d, %v", place, len(rows), err)
		}
		at := int64(0)
		for line := range bytes.Lines(rows) {
			switch {
			case at == place && !hasID(line, id):
				t.Fatalf("%q has not the id %q", line, id)
			case at == place:
				return
			case (place < 0 || at < place) && json.Valid(line) && idOf(line) == id && id != "":
				t.Fatalf("%q has the id %q, found at %d", line, id, place)
			}
			at += int64(len(line))
		}
		if place >= 0 {
			t.Fatalf("no line begins at %d", place)
		}
	})
}

// idOf returns a row's id by the standard library, "" for none that is plain.
// Names that are given twice, or in another case, are left to hasID.
func idOf(line []byte) string {
	var row map[string]any
	if bytes.Count(line, []byte(`"`)) != 4 || json.Unmarshal(line, &row) != nil || len(row) != 1 {
		return ""
	}
	id, _ := row["id"].(string)
	if strings.ContainsRune(id, '\uFFFD') {
		return ""
	}
	return id
}

func TestFindIDEndsWithItsUser(t *testing.T) {
	var stopped atomic.Bool
	stopped.Store(true)
	if _, err := findID(strings.NewReader("{}\n"), "a", &stopped); err != command.ErrEndedByUser {
		t.Errorf("got %v", err)
	}
}

// FuzzTameJSON makes JSON that means the same, and that no terminal acts upon.
func FuzzTameJSON(f *testing.F) {
	f.Add("plain")
	f.Add("a\u009b31m\u202e b\x7f\u2066\x1b[0m\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Skip()
		}
		safe := tameJSON(bytes.Clone(b))
		if strings.IndexFunc(string(safe), tamed.Acts) >= 0 {
			t.Fatalf("a terminal acts upon %q", safe)
		}
		var was, is map[string]string
		if json.Unmarshal(b, &was) != nil || json.Unmarshal(safe, &is) != nil || !reflect.DeepEqual(was, is) {
			t.Fatalf("%q became %q", b, safe)
		}
	})
}
