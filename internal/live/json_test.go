package live

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// The view of a terminal's run is lines too, where JSON was asked for.
func TestLiveAsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		env := memoryEnv()
		env.StderrTerminal, env.Stderr = true, command.NewJSONNotices(&out)
		l := New(&env, Options{Stats: counting(), Facts: status.Facts{Total: 100, Model: "m", Output: "o"}})
		time.Sleep(5*time.Second + time.Millisecond)
		command.Warn(l, "careful")
		fmt.Fprintln(l, "a line")
		l.Stop()
		want := "INFO run begins items=100\nINFO progress items=100 done=50 items_per_s=10 eta_s=5 in_flight=0 elapsed_s=5\n" +
			"WARN careful\nINFO a line\nINFO progress items=100 done=50 items_per_s=9.998 eta_s=4.999 in_flight=0 elapsed_s=5.001\n"
		got := ""
		for line := range strings.Lines(out.String()) {
			got += gjson.Get(line, "level").String() + " " + gjson.Get(line, "msg").String()
			for _, name := range []string{"items", "done", "items_per_s", "eta_s", "in_flight", "elapsed_s"} {
				if v := gjson.Get(line, name); v.Exists() {
					got += " " + name + "=" + v.String()
				}
			}
			got += "\n"
		}
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
