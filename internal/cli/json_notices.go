package cli

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/seed-1814a72b/paceline/internal/command"
)

// writeTo says what a run came to, if standard error takes objects.
func (s *summary) writeTo(j *command.JSONNotices, stopped, next string) {
	level, msg := slog.LevelInfo, "run ended"
	if stopped != "" {
		level = slog.LevelWarn
	}
	j.Log(context.Background(), level, msg, "stopped", stopped, "next", next, "summary", json.RawMessage(s.encode()))
}
