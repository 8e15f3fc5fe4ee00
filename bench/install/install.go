// Package install puts what benchmarks compare with into folders of their own, each
// once for the same versions.
package install

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Cache makes the folder of what is installed, which git leaves alone, and returns
// its absolute path.
func Cache(folder string) (string, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(filepath.Join(path, ".gitignore"), []byte("*\n"), 0o644)
}

// Once does work unless it was done before for the same content of the file pins.
// The folder is made anew.
func Once(folder, pins string, work func() error) error {
	want, err := os.ReadFile(pins)
	if err != nil {
		return err
	}
	mark := filepath.Join(folder, "installed")
	if have, err := os.ReadFile(mark); err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err
	}
	return os.WriteFile(mark, want, 0o644)
}

// Python makes a virtual environment with the packages that the file pins names.
func Python(folder, pins string) error {
	return Once(folder, pins, func() error {
		if err := Command(".", nil, "python3", "-m", "venv", folder); err != nil {
			return err
		}
		return Command(".", nil, Interpreter(folder), "-m", "pip", "install",
			"--quiet", "--disable-pip-version-check", "-r", pins)
	})
}

// Interpreter is the Python of a virtual environment.
func Interpreter(folder string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(folder, "Scripts", "python.exe")
	}
	return filepath.Join(folder, "bin", "python")
}

// Command runs a program in a folder; its error has the last line of what the
// program said.
func Command(folder string, env []string, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), env...)
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, lines[len(lines)-1])
}
