package cli

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/status"
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
		if got := command.WantsJSON(tt.args); got != tt.want {
			t.Errorf("%q: %t", tt.args, got)
		}
	}
}

func TestEveryNoticeIsAnObject(t *testing.T) {
	var out bytes.Buffer
	j := command.NewJSONNotices(&out)
	fmt.Fprint(j, "paceline: one\n\n  two\nhal")
	fmt.Fprint(j, "f\n")
	command.Warn(j, "three of %d", 3)
	j.Notice(slog.LevelError, "four")
	command.TellEnd(j, &command.Exit{Code: command.ExitStopped, Err: errors.New("five\nlines")})
	want := "INFO one\nINFO two\nINFO half\nWARN three of 3\nERROR four\nERROR five; lines exit_code=3\n"
	if got := told(&out, "exit_code"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// The view of a terminal's run is lines too, where JSON was asked for.
func TestLiveAsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		env, _, _ := testEnv()
		env.StderrTerminal, env.Stderr = true, command.NewJSONNotices(&out)
		l := newLive(&env, liveOptions{Stats: counting(), Facts: status.Facts{Total: 100, Model: "m", Output: "o"}})
		time.Sleep(5*time.Second + time.Millisecond)
		command.Warn(l, "careful")
		fmt.Fprintln(l, "a line")
		l.Stop()
		want := "INFO run begins items=100\nINFO progress items=100 done=50 items_per_s=10 eta_s=5 in_flight=0 elapsed_s=5\n" +
			"WARN careful\nINFO a line\nINFO progress items=100 done=50 items_per_s=9.998 eta_s=4.999 in_flight=0 elapsed_s=5.001\n"
		got := told(&out, "items", "done", "items_per_s", "eta_s", "in_flight", "elapsed_s")
		if got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		for line := range bytes.Lines(out.Bytes()) {
			if !gjson.ValidBytes(line) {
				t.Errorf("no JSON: %s", line)
			}
		}
	})
}
