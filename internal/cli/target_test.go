package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/command"
)

func TestDefaultOutput(t *testing.T) {
	tests := map[string]string{
		"reviews.jsonl": "reviews.out.jsonl", "data/faq.csv.gz": "data/faq.out.jsonl", "notes": "notes.out.jsonl",
		"/a/b.txt.zst": "/a/b.out.jsonl", ".hidden": ".hidden.out.jsonl", "v1.2.jsonl": "v1.2.out.jsonl",
	}
	for in, want := range tests {
		if got, err := command.DefaultOutput([]string{in}); got != want || err != nil {
			t.Errorf("defaultOutput(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range [][]string{{"-"}, {"a", "b"}, {"*.jsonl"}} {
		if got, err := command.DefaultOutput(in); err == nil {
			t.Errorf("defaultOutput(%q) = %q, want an error", in, got)
		}
	}
}

func TestFindTargetRefuses(t *testing.T) {
	folder := t.TempDir()
	input := filepath.Join(folder, "in.jsonl")
	if err := os.WriteFile(input, []byte("{\"text\":\"a\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	link, hard := filepath.Join(folder, "link"), filepath.Join(folder, "hard")
	if os.Symlink(input, link) != nil || os.Link(input, hard) != nil {
		t.Skip("no links here")
	}
	in, err := dataset.Open([]string{input}, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	env, stop := command.System()
	defer stop()
	tests := []struct{ name, output, want string }{
		{"Fault62 same file", input, "the output is the input"},
		{"Fault62 through a link", link, "the output is the input"},
		{"Fault62 through a hard link", hard, "the output is the input"},
		{"Fault62 by another name", folder + "/./in.jsonl", "the output is the input"},
		{"directory", folder, "is a directory"},
		{"Fault55 missing folder", filepath.Join(folder, "no", "out.jsonl"), "does not exist; 'mkdir -p"},
		{"Fault55 folder that cannot be written", "/proc/out.jsonl", "cannot write in the folder /proc"},
		{"device", os.DevNull, "is not a regular file; for a pipe or a device use -o - >"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := findTarget(&env, &runFlags{output: tt.output}, []string{input}, in)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
}

func TestStdoutNeedsNoFileFlags(t *testing.T) {
	for _, f := range []runFlags{{ordered: true}, {retryFailed: true}, {fresh: true}, {allowChanges: true}} {
		f.output = "-"
		if _, err := findTarget(nil, &f, nil, nil); err == nil || !strings.Contains(err.Error(), "needs an output file") {
			t.Errorf("%+v: error %v", f, err)
		}
	}
}
