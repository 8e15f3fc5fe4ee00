package sse

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	gosse "github.com/tmaxmax/go-sse"
)

type event struct{ name, data, id string }

// ours decodes the events that the specification dispatches.
func ours(t *testing.T, r io.Reader) []event {
	t.Helper()
	var all []event
	d := NewDecoder(r, 0)
	for {
		ev, err := d.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if !ev.Comment && !ev.Unterminated {
			all = append(all, event{string(ev.Name), string(ev.Data), d.LastID()})
		}
	}
}

// FuzzAgainstGoSSE compares with an independent decoder wherever that one
// follows the specification: it dispatches events without data and the
// unterminated one, which are left out here, and strips a BOM in later lines.
func FuzzAgainstGoSSE(f *testing.F) {
	for _, c := range streams {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if strings.Contains(in, "\x00") || strings.LastIndex(in, "\ufeff") > 0 || !utf8.ValidString(in) {
			t.Skip()
		}
		in += "\n\n" // so that nothing is unterminated
		var theirs []event
		for ev, err := range gosse.Read(strings.NewReader(in), nil) {
			if err != nil {
				t.Skip() // its own limits
			}
			theirs = append(theirs, event{ev.Type, ev.Data, ev.LastEventID})
		}
		compare(t, in, ours(t, strings.NewReader(in)), theirs)
	})
}

func compare(t *testing.T, in string, got, theirs []event) {
	t.Helper()
	got, theirs = nonEmpty(got), nonEmpty(theirs)
	if len(got) != len(theirs) {
		t.Fatalf("%q: %q, go-sse has %q", in, got, theirs)
	}
	for i := range got {
		if got[i] != theirs[i] {
			t.Fatalf("%q: event %d: %q, go-sse has %q", in, i, got[i], theirs[i])
		}
	}
}

func nonEmpty(all []event) []event {
	var kept []event
	for _, e := range all {
		if e.data != "" {
			kept = append(kept, e)
		}
	}
	return kept
}

// FuzzSplit holds that the network's pieces do not change the events, nor polling and filling.
func FuzzSplit(f *testing.F) {
	for i, c := range streams {
		f.Add([]byte(c.in), uint16(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, cut uint16) {
		whole := show(t, bytes.NewReader(in), 0)
		if got := show(t, &pieces{string(in), int(cut)}, 0); got != whole {
			t.Errorf("%q split at %d: %s, whole %s", in, cut, got, whole)
		}
		if got := show(t, &polled{Reader: &pieces{string(in), int(cut)}}, 0); got != whole {
			t.Errorf("%q split at %d and polled: %s, whole %s", in, cut, got, whole)
		}
		if got := show(t, &polled{Reader: &pieces{string(in), int(cut)}, fills: true}, 0); got != whole {
			t.Errorf("%q split at %d and filled: %s, whole %s", in, cut, got, whole)
		}
	})
}
