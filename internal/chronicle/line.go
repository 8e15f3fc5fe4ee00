package chronicle

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// A logLine is a line of the log in the making: the object that a slog.JSONHandler
// would write. Those lines are made of it of which there are some for each call,
// since it takes a tenth of the time.
type logLine []byte

// begin begins a line anew.
func (l logLine) begin(t time.Time, level slog.Level, msg string) logLine {
	l = append(l[:0], `{"time":"`...)
	l = t.AppendFormat(l, time.RFC3339Nano)
	l = append(l, `","level":"`...)
	l = append(l, level.String()...)
	return append(l, '"').text("msg", msg)
}

// name appends a field's name, which is one that needs no escape.
func (l logLine) name(name string) logLine {
	l = append(l, ',', '"')
	l = append(l, name...)
	return append(l, '"', ':')
}

func (l logLine) text(name, value string) logLine {
	return jsontext.Append(l.name(name), value)
}

func (l logLine) number(name string, n int64) logLine {
	return strconv.AppendInt(l.name(name), n, 10)
}

func (l logLine) flag(name string, b bool) logLine {
	return strconv.AppendBool(l.name(name), b)
}

// milliseconds appends a duration, null if it was not measured.
func (l logLine) milliseconds(name string, d time.Duration) logLine {
	l = l.name(name)
	if d <= 0 {
		return append(l, "null"...)
	}
	return strconv.AppendFloat(l, *status.Milliseconds(d), 'f', -1, 64)
}

// end ends the line.
func (l logLine) end() logLine { return append(l, '}', '\n') }
