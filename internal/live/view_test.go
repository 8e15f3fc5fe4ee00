package live

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// escapes are the sequences that the view may use: to go up, to erase, to
// colour.
var escapes = regexp.MustCompile("\x1b\\[([0-9;]*|\\?2026)([AJKmhl])")

// screen is a terminal as far as the view needs one. It fails the test on a
// sequence that it does not know and on a line that would wrap.
type screen struct {
	t       *testing.T
	columns int

	mu       sync.Mutex
	lines    [][]rune
	row, col int
	writes   []string
}

func newScreen(t *testing.T, columns int) *screen {
	return &screen{t: t, columns: columns, lines: make([][]rune, 1)}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, string(p))
	for rest := string(p); rest != ""; {
		rest = s.step(rest)
	}
	return len(p), nil
}

func (s *screen) step(in string) string {
	switch in[0] {
	case '\r':
		s.col = 0
		return in[1:]
	case '\n':
		s.col = 0
		if s.row++; s.row == len(s.lines) {
			s.lines = append(s.lines, nil)
		}
		return in[1:]
	case '\x1b':
		m := escapes.FindStringSubmatchIndex(in)
		if m == nil || m[0] != 0 {
			s.t.Fatalf("unknown sequence in %q", in)
		}
		s.escape(in[m[2]:m[3]], in[m[4]])
		return in[m[1]:]
	}
	r, size := utf8.DecodeRuneInString(in)
	s.put(r)
	return in[size:]
}

func (s *screen) put(r rune) {
	for len(s.lines[s.row]) <= s.col {
		s.lines[s.row] = append(s.lines[s.row], ' ')
	}
	s.lines[s.row][s.col] = r
	if s.col++; s.col >= s.columns {
		s.t.Fatalf("a line of %d columns wraps: %q", s.columns, string(s.lines[s.row]))
	}
}

func (s *screen) escape(arg string, kind byte) {
	line := &s.lines[s.row]
	switch kind {
	case 'A':
		n, _ := strconv.Atoi(arg)
		if s.row -= n; s.row < 0 {
			s.t.Fatalf("the cursor goes %d lines beyond the top", -s.row)
		}
	case 'J':
		s.lines = s.lines[:s.row+1]
		*line = (*line)[:min(s.col, len(*line))]
	case 'K':
		*line = (*line)[:min(s.col, len(*line))]
	}
}

// text returns what stands on the screen.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(strings.TrimRight(string(l), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func (s *screen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.writes)
}

// counting returns stats of a run of 100 items, ten of which end each second
// of virtual time.
func counting() func() paceline.Stats {
	start := time.Now()
	return func() paceline.Stats {
		done := min(int64(time.Since(start).Seconds()*10), 100)
		return paceline.Stats{Done: done, Requests: done}
	}
}

func size(columns, rows int) func() (int, int) { return func() (int, int) { return columns, rows } }

func TestLiveOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newScreen(t, 80)
		l := start(Options{Out: out, Stats: counting(), Size: size(80, 4), Color: true,
			Facts: status.Facts{Total: 100, Model: "m", Output: "o"}})
		time.Sleep(5*time.Second + time.Millisecond)
		fmt.Fprint(l, "a warning\nhalf a ")
		fmt.Fprint(l, "line\n")
		want := `
paceline: 100 items, m -> o
a warning
half a line
  50 of 100 items   50.0 %                         5 s so far           ETA 5 s
 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━───────────────────────────────────────
 ▸ nothing in the way`
		if got := "\n" + out.text(); got != want {
			t.Errorf("the screen shows%s\nwant%s", got, want)
		}
		frames := out.count()
		time.Sleep(10 * time.Second)
		if n := out.count() - frames; n != 50 {
			t.Errorf("%d writes in 10 s, want one for each of 5 frames a second", n)
		}
		l.Stop()
		l.Stop()
		fmt.Fprintln(l, "after the end")
		want = `
paceline: 100 items, m -> o
a warning
half a line
 100 of 100 items  100.0 %                                 6.67 items/s in 15 s
after the end`
		if got := "\n" + out.text(); got != want {
			t.Errorf("at the end the screen shows%s\nwant%s", got, want)
		}
	})
}

// TestLiveNeverBlank checks that no frame erases before it has written over: a
// terminal that paints in the midst of one shows no gap.
func TestLiveNeverBlank(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newScreen(t, 80)
		l := start(Options{Out: out, Stats: counting(), Size: size(80, 24), Facts: status.Facts{Total: 100}})
		time.Sleep(time.Second)
		l.Stop()
		for _, w := range out.writes[2:] {
			if up := strings.Index(w, "A"); strings.Contains(w[:up], "\x1b[J") || strings.Contains(w[:up], "\x1b[K") {
				t.Errorf("a frame begins by erasing: %q", w)
			}
			if !strings.HasSuffix(w, "\x1b[J"+frameEnds) {
				t.Errorf("a frame leaves what was below it: %q", w)
			}
		}
	})
}

func TestLiveEndsWithTheLastFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := start(Options{Out: &out, Stats: counting(), Facts: status.Facts{Total: 100}})
		time.Sleep(time.Second)
		l.Last(paceline.Stats{Done: 86})
		l.Stop()
		if !strings.Contains(out.String(), "86 of 100 items (86.0 %)") {
			t.Errorf("got %s", out.String())
		}
	})
}

func TestLiveOffATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := start(Options{Out: &out, Stats: counting(), Facts: status.Facts{Total: 100, Output: "o"}})
		time.Sleep(7 * time.Second)
		fmt.Fprintln(l, "a warning")
		time.Sleep(4 * time.Second)
		l.Stop()
		want := `paceline: 100 items -> o
paceline: 50 of 100 items (50.0 %), 10 items/s, 0 calls in flight, tokens unknown, cost unknown, ETA 5 s
a warning
paceline: 100 of 100 items (100.0 %), 10 items/s, 0 calls in flight, tokens unknown, cost unknown, in 10 s
paceline: 100 of 100 items (100.0 %), 9.09 items/s, 0 calls in flight, tokens unknown, cost unknown, in 11 s
`
		if got := out.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

// text is what was written, which may be read meanwhile.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// Where nothing is answered that is said at once, and then at the usual times.
func TestLiveSaysAtOnceThatNothingIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out text
		refused := &paceline.Error{Code: paceline.CodeConnection, Err: syscall.ECONNREFUSED}
		stats := func() paceline.Stats {
			return paceline.Stats{Requests: 1, Pace: paceline.Pace{Endpoints: []paceline.EndpointPace{{Failing: 1, Failure: refused}}}}
		}
		l := start(Options{Out: &out, Stats: stats, Facts: status.Facts{Total: 100}})
		defer l.Stop()
		synctest.Wait()
		time.Sleep(3 * time.Second)
		want := ", the server refuses connections; trying again; nothing has been answered yet\n"
		if got := out.String(); strings.Count(got, "\n") != 2 || !strings.HasSuffix(got, want) {
			t.Errorf("got\n%swant one line that ends in\n%s", got, want)
		}
		time.Sleep(3 * time.Second)
		if n := strings.Count(out.String(), want); n != 2 {
			t.Errorf("after six seconds it was said %d times", n)
		}
	})
}

func TestLiveQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := start(Options{Out: &out, Quiet: true, Size: size(80, 24)})
		time.Sleep(time.Minute)
		fmt.Fprintln(l, "an error")
		l.Stop()
		if got := out.String(); got != "an error\n" {
			t.Errorf("got %q, want the error alone", got)
		}
	})
}

// brokenPipe fails every write.
type brokenPipe struct{ writes int }

func (b *brokenPipe) Write([]byte) (int, error) {
	b.writes++
	return 0, errors.New("broken pipe")
}

func TestFault46ClosedStderr(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out brokenPipe
		l := start(Options{Out: &out, Stats: counting(), Size: size(80, 24)})
		time.Sleep(time.Minute)
		if n, err := l.Write([]byte("a warning\n")); n != 10 || err != nil {
			t.Errorf("Write returned %d, %v; who logs has no use for an error", n, err)
		}
		l.Stop()
		if out.writes != 1 {
			t.Errorf("%d writes to a closed stream, want 1", out.writes)
		}
	})
}

// memoryEnv is an environment without terminal, signals and variables.
func memoryEnv() command.Env {
	return command.Env{
		Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer),
		Getenv: func(string) string { return "" }, Now: time.Now, Size: func() (int, int) { return 0, 0 },
	}
}

// TestNewLive checks what the environment makes of the view.
func TestNewLive(t *testing.T) {
	terminal := func(change func(*command.Env)) command.Env {
		env := memoryEnv()
		env.StderrTerminal = true
		env.Getenv = func(name string) string { return map[string]string{"LANG": "C.UTF-8"}[name] }
		if change != nil {
			change(&env)
		}
		return env
	}
	setting := func(name string) func(*command.Env) {
		return func(e *command.Env) {
			e.Getenv = func(n string) string { return map[string]string{"LANG": "C.UTF-8", name: "dumb"}[n] }
		}
	}
	for _, tt := range []struct {
		name         string
		env          command.Env
		output       string
		block, color bool
	}{
		{"a terminal", terminal(nil), "o", true, true},
		{"without colour", terminal(setting("NO_COLOR")), "o", true, false},
		{"a terminal that cannot", terminal(setting("TERM")), "o", false, false},
		{"a pipe", terminal(func(e *command.Env) { e.StderrTerminal = false }), "o", false, false},
		{"rows on the same terminal", terminal(func(e *command.Env) { e.StdoutTerminal = true }), "-", false, false},
		{"rows in a pipe", terminal(nil), "-", true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(&tt.env, Options{Facts: status.Facts{Total: 100, Output: tt.output}, Stats: counting()})
				time.Sleep(6 * time.Second)
				l.Stop()
				text := tt.env.Stderr.(*bytes.Buffer).String()
				if got := strings.Contains(text, "\x1b["); got != tt.block {
					t.Errorf("escapes: %t, want %t in %q", got, tt.block, text)
				}
				if got := strings.Contains(text, "\x1b[1m"); got != tt.color {
					t.Errorf("colour: %t, want %t in %q", got, tt.color, text)
				}
				if tt.output == "-" && !strings.Contains(text, "-> standard output\n") {
					t.Errorf("where the rows go is not said: %q", text)
				}
			})
		})
	}
}

func TestSpeaksUTF8(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"LANG": "de_DE.UTF-8"}, true},
		{map[string]string{"LANG": "C.utf8"}, true},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "C"}, false},
		{map[string]string{"LC_CTYPE": "UTF-8", "LANG": "C"}, true},
		{map[string]string{}, false},
	} {
		got := speaksUTF8(func(name string) string { return tt.env[name] })
		if got != (tt.want || runtime.GOOS == "windows") {
			t.Errorf("%v: %t", tt.env, got)
		}
	}
}
