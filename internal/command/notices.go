package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// JSONNotices is a standard error of which every line is one JSON object: time,
// level, msg, and what figures there are. Whatever is written to it as text becomes
// a msg, a line each. It is safe for concurrent use.
type JSONNotices struct {
	*slog.Logger

	mu      sync.Mutex // guards what follows
	partial []byte     // a line whose end has not come
}

// NewJSONNotices returns notices that are written to out, a line of JSON each.
func NewJSONNotices(out io.Writer) *JSONNotices {
	return &JSONNotices{Logger: slog.New(slog.NewJSONHandler(out, nil))}
}

// WantsJSON reports whether arguments ask for notices as JSON. It is known before
// they are read in earnest: what is wrong with them is a notice too.
func WantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	for i, a := range args {
		if a == "--log-format=json" || a == "--log-format" && i+1 < len(args) && args[i+1] == "json" {
			return true
		}
	}
	return false
}

// Write turns whole lines into objects; the start of a line waits for its end.
func (j *JSONNotices) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.partial = append(j.partial, p...)
	for {
		line, rest, found := bytes.Cut(j.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		if text := strings.TrimSpace(string(line)); text != "" {
			j.Notice(slog.LevelInfo, text)
		}
		j.partial = rest
	}
}

// Notice says one line.
func (j *JSONNotices) Notice(level slog.Level, line string) {
	j.Log(context.Background(), level, strings.TrimPrefix(line, "paceline: "))
}

// A leveled is told notices with how grave they are.
type leveled interface {
	Notice(level slog.Level, line string)
}

// Warn writes a line that begins with the program's name, as a warning where there
// are such.
func Warn(w io.Writer, format string, args ...any) {
	line := tamed.Text(fmt.Sprintf("paceline: "+format, args...))
	if l, ok := w.(leveled); ok {
		l.Notice(slog.LevelWarn, line)
		return
	}
	fmt.Fprintln(w, line)
}

// TellEnd says the error that ends the program.
func TellEnd(stderr io.Writer, err error) {
	line := tamed.Text(prose.OneLine(err))
	if j, ok := stderr.(*JSONNotices); ok {
		j.Error(line, "exit_code", ExitCode(err))
		return
	}
	fmt.Fprintln(stderr, "paceline: "+line)
}
