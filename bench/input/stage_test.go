package main

import (
	"path/filepath"
	"testing"
)

// Every row of the table sees every line, or is an error: a stage that stops early
// would be a fast one.
func TestStagesReadItAll(t *testing.T) {
	dir := t.TempDir()
	in := input{dir: dir, path: filepath.Join(dir, "items.jsonl"), items: 300}
	var err error
	if in.bytes, err = makeInput(in.path, in.items); err != nil {
		t.Fatal(err)
	}
	if mean := in.bytes / int64(in.items); mean < 280 || mean > 320 {
		t.Errorf("lines of %d bytes, said to be of 300", mean)
	}
	for _, s := range stages {
		if _, err := s.run(&in); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	in.items++
	for _, s := range stages {
		if _, err := s.run(&in); err == nil && s.name != "survey (paceline run --dry-run)" && s.name != "engine alone, items ready made" {
			t.Errorf("%s: a missing line is not noticed", s.name)
		}
	}
}
