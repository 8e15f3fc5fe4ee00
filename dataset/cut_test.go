package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

// A file that is cut short while it is read ends in an error, not in a torn line or
// as if it had been all.
func TestAFileThatIsCutShort(t *testing.T) {
	const lines, left = 3000, 1500 // far more than is read ahead
	line := `{"text":"` + strings.Repeat("x", 999) + `"}` + "\n"
	for name, more := range map[string]int{"within a line": 7, "between lines": 0} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "in.jsonl")
			if err := os.WriteFile(path, []byte(strings.Repeat(line, lines)), 0o600); err != nil {
				t.Fatal(err)
			}
			in, err := Open([]string{path}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if _, err := in.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, int64(left*len(line)+more)); err != nil {
				t.Fatal(err)
			}
			n := 1
			for ; err == nil; n++ {
				var it paceline.Item
				if it, err = in.Next(t.Context()); it.Err != nil {
					t.Fatalf("item %d: %v", n, it.Err)
				}
			}
			if _, ok := errors.AsType[*FileError](err); !ok || n-1 != left || !strings.Contains(err.Error(), "was cut short while it was read") {
				t.Errorf("after %d items: %v", n-1, err)
			}
		})
	}
}
