package command

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

func TestWantsJSON(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want bool
	}{
		{[]string{"run", "in", "--log-format", "json"}, true},
		{[]string{"run", "--log-format=json", "--rpm", "x"}, true},
		{[]string{"run", "--log-format=text"}, false},
		{[]string{"run", "--log-format"}, false},
		{[]string{"run", "--", "--log-format=json"}, false},
		{nil, false},
	} {
		if got := WantsJSON(tt.args); got != tt.want {
			t.Errorf("%q: %t", tt.args, got)
		}
	}
}

func TestEveryNoticeIsAnObject(t *testing.T) {
	var out bytes.Buffer
	j := NewJSONNotices(&out)
	fmt.Fprint(j, "paceline: one\n\n  two\nhal")
	fmt.Fprint(j, "f\n")
	Warn(j, "three of %d", 3)
	j.Notice(slog.LevelError, "four")
	TellEnd(j, &Exit{Code: ExitStopped, Err: errors.New("five\nlines")})
	want := "INFO one\nINFO two\nINFO half\nWARN three of 3\nERROR four\nERROR five; lines exit_code=3\n"
	got := ""
	for line := range strings.Lines(out.String()) {
		got += gjson.Get(line, "level").String() + " " + gjson.Get(line, "msg").String()
		if code := gjson.Get(line, "exit_code"); code.Exists() {
			got += " exit_code=" + code.String()
		}
		got += "\n"
	}
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
