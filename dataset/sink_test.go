package dataset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

func TestSink(t *testing.T) {
	var b bytes.Buffer
	s := NewJSONL(&b)
	for range 3 {
		if err := s.Put(context.Background(), done(`{"a":1}`)); err != nil {
			t.Fatal(err)
		}
	}
	if b.Len() != 0 {
		t.Error("written before Flush")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(b.String(), "\n")
	if len(lines) != 4 || lines[3] != "" || !json.Valid([]byte(lines[2])) {
		t.Errorf("got %q", b.String())
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestFault50SinkReportsWrites(t *testing.T) {
	full := errors.New("no space left")
	s := NewSink(failing{full}, AppendResponse)
	if err := s.Put(context.Background(), done(`{}`)); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if err := s.Put(context.Background(), done(`{}`)); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func TestCollect(t *testing.T) {
	var got []paceline.Result
	if err := Collect(&got).Put(context.Background(), done(`{}`)); err != nil || len(got) != 1 || got[0].Item.Index != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
}
