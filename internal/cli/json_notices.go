package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/seed-1814a72b/paceline/internal/command"
)

// Notice passes a line on to a standard error of JSON, else prints it above the
// block.
func (l *live) Notice(level slog.Level, line string) {
	if l.opts.JSON != nil {
		l.opts.JSON.Notice(level, line)
		return
	}
	fmt.Fprintln(l, line)
}

// writeTo says what a run came to, if standard error takes objects.
func (s *summary) writeTo(j *command.JSONNotices, stopped, next string) {
	level, msg := slog.LevelInfo, "run ended"
	if stopped != "" {
		level = slog.LevelWarn
	}
	j.Log(context.Background(), level, msg, "stopped", stopped, "next", next, "summary", json.RawMessage(s.encode()))
}
