package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/command"
)

// A target is where the rows go.
type target struct {
	path     string // of the file; "-" for standard output
	toStdout bool
	held     int64 // bytes that the file has already
}

// usedInput tells whether a path, through links too, is one of the input's
// files.
type usedInput interface{ Uses(path string) bool }

// findTarget settles where the rows go and checks, by touching nothing, that
// they can go there.
func findTarget(env *command.Env, f *runFlags, inputs []string, in usedInput) (target, error) {
	path := f.output
	if path == command.StdoutPath {
		return target{path: path, toStdout: true}, checkStdout(f)
	}
	if path == "" {
		var err error
		if path, err = command.DefaultOutput(inputs); err != nil {
			return target{}, err
		}
	}
	if ext := strings.ToLower(filepath.Ext(path)); slices.Contains(otherFormats, ext) {
		return target{}, fmt.Errorf("%s: the rows are plain JSON Lines; name the file %s", path, plainName(path))
	}
	if in.Uses(path) {
		return target{}, fmt.Errorf("%s: the output is the input; give another file with -o", path)
	}
	held, err := checkFile(env, path)
	return target{path: path, held: held}, err
}

// plainName returns path with the ending of JSON Lines instead of another's.
func plainName(path string) string {
	for slices.Contains(otherFormats, strings.ToLower(filepath.Ext(path))) {
		path = strings.TrimSuffix(path, filepath.Ext(path))
	}
	return strings.TrimSuffix(path, ".jsonl") + ".jsonl"
}

// otherFormats are endings that promise what an output is not.
var otherFormats = []string{".gz", ".zst", ".csv", ".tsv", ".parquet", ".xlsx"}

// checkStdout refuses the flags that need an output file.
func checkStdout(f *runFlags) error {
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--ordered", f.ordered}, {"--retry-failed", f.retryFailed}, {"--fresh", f.fresh}, {"--allow-changes", f.allowChanges}} {
		if flag.set {
			return fmt.Errorf("%s needs an output file, and -o - keeps none; give one with -o FILE", flag.name)
		}
	}
	return nil
}

// checkFile reports why path cannot become or stay a file that is written to,
// and how many bytes it has.
func checkFile(env *command.Env, path string) (held int64, err error) {
	info, err := env.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return 0, fmt.Errorf("%s: is a directory; give a file in it, such as %s", path, filepath.Join(path, "out.jsonl"))
	case err == nil && !info.Mode().IsRegular():
		return 0, fmt.Errorf("%s: is not a regular file; for a pipe or a device use -o - > %s", path, path)
	case err == nil:
		held = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("%s: %w; give another file with -o", path, command.Reason(err))
	}
	folder := filepath.Dir(path)
	if err := env.Probe(folder); err != nil {
		return 0, folderError(env, path, folder, err)
	}
	return held, nil
}

func folderError(env *command.Env, path, folder string, err error) error {
	if _, missing := env.Stat(folder); errors.Is(missing, fs.ErrNotExist) {
		return fmt.Errorf("%s: the folder %s does not exist; 'mkdir -p %s' makes it", path, folder, folder)
	}
	return fmt.Errorf("%s: cannot write in the folder %s: %w; give a file elsewhere", path, folder, command.Reason(err))
}

// checkSummary reports why --summary cannot be written, or that it would
// overwrite something that the run needs.
func checkSummary(env *command.Env, f *runFlags, t target, in usedInput) error {
	switch path := f.summary; {
	case path == "":
		return nil
	case in.Uses(path):
		return fmt.Errorf("--summary: %s is the input; give another file", path)
	case filepath.Clean(path) == filepath.Clean(t.path):
		return fmt.Errorf("--summary: %s is the output; give another file", path)
	default:
		if _, err := checkFile(env, path); err != nil {
			return fmt.Errorf("--summary: %w", err)
		}
		return nil
	}
}
