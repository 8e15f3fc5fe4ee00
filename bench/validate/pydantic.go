package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/bench/install"
)

const pins = "bench/validate/requirements.txt"

// setUp makes the cache, with pydantic in a virtual environment.
func setUp() (cache string, err error) {
	if _, err := os.Stat(pins); err != nil {
		return "", errors.New(pins + " is not below this folder: start it in the root of the module, as make does")
	}
	if cache, err = install.Cache("bench/validate/.cache"); err != nil {
		return "", err
	}
	return cache, install.Python(venv(cache), pins)
}

func venv(cache string) string { return filepath.Join(cache, "python") }

// A pydantic is a running peer.py.
type pydantic struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	version string
}

func startPydantic(cache string) (*pydantic, error) {
	p := &pydantic{cmd: exec.Command(install.Interpreter(venv(cache)), "bench/validate/peer.py")}
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
