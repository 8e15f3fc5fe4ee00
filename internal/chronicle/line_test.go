package chronicle

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"testing"
	"time"
)

// FuzzLogLine holds a line against that of the handler that makes the others: the
// same bytes, but for how strings are escaped that need it.
func FuzzLogLine(f *testing.F) {
	for _, s := range []string{"", "gpt-4o-mini", "a\"b\\c\n\t\x01\x7f", "é😀\u2028<&>", "\xff\xed\xa0\x80"} {
		f.Add(s, int64(1_700_000_000_123_456_789), int64(7), int64(512_345_678), true)
	}
	f.Add("m", int64(0), int64(-1), int64(0), false)
	f.Add("m", int64(1_700_000_000_000_000_000), int64(1)<<62, int64(1_234_567_890_123_456), false)
	f.Fuzz(func(t *testing.T, text string, at, n, took int64, flag bool) {
		moment := time.Unix(0, at)
		ours := logLine("the line before").begin(moment, slog.LevelDebug, "attempt").number("n", n).text("text", text).
			milliseconds("took", time.Duration(took)).flag("flag", flag).end()
		var buf bytes.Buffer
		record := slog.NewRecord(moment, slog.LevelDebug, "attempt", 0)
		record.AddAttrs(slog.Int64("n", n), slog.String("text", text), slog.Any("took", measured(time.Duration(took))), slog.Bool("flag", flag))
		if err := slog.NewJSONHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}).Handle(context.Background(), record); err != nil {
			t.Fatal(err)
		}
		var got, want map[string]any
		if err := json.Unmarshal(ours, &got); err != nil {
			t.Fatalf("%s: %v", ours, err)
		}
		if err := json.Unmarshal(buf.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		escaped := bytes.Contains(buf.Bytes(), []byte(`\`)) || bytes.Contains(ours, []byte(`\`))
		if !reflect.DeepEqual(got, want) || !escaped && !bytes.Equal(ours, buf.Bytes()) {
			t.Errorf("\n%s, and of the handler\n%s", ours, buf.Bytes())
		}
	})
}
