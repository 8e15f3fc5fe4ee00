package command

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// StdoutPath is the output that stands for standard output.
const StdoutPath = "-"

// DefaultOutput names the output after the only input, beside it:
// reviews.csv.gz becomes reviews.out.jsonl.
func DefaultOutput(inputs []string) (string, error) {
	if len(inputs) != 1 || inputs[0] == "-" || strings.ContainsAny(inputs[0], "*?[") {
		return "", errors.New("the output has no name; with several inputs, a glob or standard input give it with -o FILE")
	}
	folder, name := filepath.Split(inputs[0])
	for _, ext := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, ext)
	}
	if stem := strings.TrimSuffix(name, filepath.Ext(name)); stem != "" {
		name = stem
	}
	return folder + name + ".out.jsonl", nil
}

// Reason returns what is wrong with a file without the operation and the path
// that [fs.PathError] puts before it.
func Reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// Contents returns what a small file holds, without a byte order mark. The error
// names the file.
func Contents(env *Env, name string) ([]byte, error) {
	b, err := env.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, Reason(err))
	}
	return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), nil
}
