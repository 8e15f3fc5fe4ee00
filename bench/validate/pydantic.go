package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const pins = "bench/validate/requirements.txt"

// install makes the cache, with pydantic in a virtual environment, unless that
// was done before for the same versions.
func install() (cache string, err error) {
	want, err := os.ReadFile(pins)
	if err != nil {
		return "", errors.New(pins + " is not below this folder: start it in the root of the module, as make does")
	}
	if cache, err = filepath.Abs("bench/validate/.cache"); err != nil {
		return "", err
	}
	mark := filepath.Join(cache, "installed")
	if have, err := os.ReadFile(mark); err == nil && bytes.Equal(have, want) {
		return cache, nil
	}
	if err := errors.Join(os.RemoveAll(cache), os.MkdirAll(cache, 0o755)); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(cache, ".gitignore"), []byte("*\n"), 0o644); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", filepath.Join(cache, "python")},
		{python(cache), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", pins},
	} {
		if said, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(args[1:4], " "), err, said)
		}
	}
	return cache, os.WriteFile(mark, want, 0o644)
}

func python(cache string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(cache, "python", "Scripts", "python.exe")
	}
	return filepath.Join(cache, "python", "bin", "python")
}

// A pydantic is a running peer.py.
type pydantic struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	version string
}

func startPydantic(cache string) (*pydantic, error) {
	p := &pydantic{cmd: exec.Command(python(cache), "bench/validate/peer.py")}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if p.version, err = p.line(); err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

// end has the process end, and waits for it.
func (p *pydantic) end() {
	_ = p.in.Close() // it ends with its input
	_ = p.cmd.Wait()
}

func (p *pydantic) line() (string, error) {
	text, err := p.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("pydantic ended: %w", err)
	}
	return strings.TrimSpace(text), nil
}

// validate has a model judge the document in a file n times, and returns what
// one took.
func (p *pydantic) validate(model, file string, n int) (time.Duration, error) {
	if _, err := fmt.Fprintln(p.in, model, file, n); err != nil {
		return 0, err
	}
	text, err := p.line()
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseFloat(text, 64)
	return time.Duration(ns), err
}
