// Package command is what every command is made of: the outside world as an [Env],
// exit codes, notices on standard error, and the user who may lose patience.
package command

import (
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/seed-1814a72b/paceline/internal/keyboard"
)

// Env is everything of the outside world that the commands touch. [System]
// fills it from the process; tests fill it by hand. Nothing else in this
// package reads arguments, environment, clock, terminal or signals. Paths are
// relative to the process's working directory.
type Env struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer

	// Getenv returns an environment variable, "" if it is not set.
	Getenv func(string) string
	// Now is the wall clock.
	Now func() time.Time

	// Which of the three streams are terminals.
	StdinTerminal, StdoutTerminal, StderrTerminal bool
	// Size returns the columns and rows of the terminal behind Stderr, zeros
	// if there is none or it does not say.
	Size func() (columns, rows int)

	// Keys has the keys that are pressed on the terminal behind Stdin come one by
	// one, unseen and without Enter, until stop is called, which gives the terminal
	// back as it was. Ctrl-C stays a signal. Whenever the process goes on after it
	// was stopped, awake is called. Keys belong to who stands in the foreground: while
	// that is another process, none come and the terminal is left alone. nil: there
	// are none.
	Keys func(awake func()) (keys <-chan byte, stop func(), err error)

	// Signals carries interrupts and requests to terminate. A command that
	// waits takes from it; unread signals are not lost up to 8.
	Signals <-chan os.Signal

	// The files that commands read and write by themselves: prompts, bodies,
	// summaries. Rows go through the journal, items come through dataset.
	ReadFile  func(path string) ([]byte, error)
	WriteFile func(path string, data []byte) error
	// AppendFile opens a file to write at its end; it is made if there is none.
	AppendFile func(path string) (io.WriteCloser, error)
	Stat       func(path string) (fs.FileInfo, error)
	// Probe reports why a file could not be created in a folder, nil if it
	// could. It leaves nothing behind.
	Probe func(folder string) error
	// MkdirAll makes a folder and its parents; one that is there is no error.
	MkdirAll func(path string) error
	// TempDir makes a fresh folder for temporary files.
	TempDir func(pattern string) (string, error)
	// Open shows a file in the browser.
	Open func(path string) error

	// Telemetry is what --otel begins; nil: this program has none.
	Telemetry Telemetries
}

// System returns the process's environment. It takes over the signals
// of endingSignals, and turns a write to a closed pipe from a signal
// into an error, so that a reader that goes away (`| head -1`) kills nothing.
// stop gives the signals back.
func System() (env Env, stop func()) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, endingSignals()...)
	signal.Ignore(syscall.SIGPIPE)
	env = Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Now: time.Now,
		StdinTerminal:  isTerminal(os.Stdin),
		StdoutTerminal: isTerminal(os.Stdout),
		StderrTerminal: isTerminal(os.Stderr),
		Size:           func() (int, int) { return terminalSize(os.Stderr) },
		Keys:           func(awake func()) (<-chan byte, func(), error) { return keyboard.Read(os.Stdin, awake) },
		Signals:        signals,
		ReadFile:       os.ReadFile,
		WriteFile:      func(path string, data []byte) error { return os.WriteFile(path, data, 0o644) },
		AppendFile: func(path string) (io.WriteCloser, error) {
			return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		},
		Stat:     os.Stat,
		Probe:    probe,
		MkdirAll: func(path string) error { return os.MkdirAll(path, 0o755) },
		TempDir:  func(pattern string) (string, error) { return os.MkdirTemp("", pattern) },
		Open:     openInBrowser,
	}
	return env, func() { signal.Stop(signals) }
}

// endingSignals are the signals that end a run: interrupt, terminate, and the
// hangup of a terminal that goes away, save where a program was started so as
// to outlive it (nohup). Windows sends no hangup.
func endingSignals() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func terminalSize(f *os.File) (columns, rows int) {
	columns, rows, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

func probe(folder string) error {
	f, err := os.CreateTemp(folder, ".paceline-probe-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}
