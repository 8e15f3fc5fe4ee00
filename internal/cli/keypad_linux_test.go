package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

// A console is the far end of a pseudo-terminal, with all that was shown on it.
type console struct {
	t      *testing.T
	master *os.File
	mu     sync.Mutex
	shown  bytes.Buffer
}

// openConsole returns a console and the terminal that programs get.
func openConsole(t *testing.T) (*console, *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}); err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	c := &console{t: t, master: master}
	t.Cleanup(func() { master.Close() })
	go c.watch()
	return c, terminal
}

func (c *console) watch() {
	buf := make([]byte, 4096)
	for {
		n, err := c.master.Read(buf)
		c.mu.Lock()
		c.shown.Write(buf[:n])
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// shows waits until what was shown from some place on has words in it, and
// returns the place behind it.
func (c *console) shows(from int, words string) int {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		c.mu.Lock()
		text := c.shown.String()[from:]
		c.mu.Unlock()
		if at := strings.Index(text, words); at >= 0 {
			return from + at + len(words)
		}
	}
	c.t.Fatalf("%q was not shown in %v; shown was\n%s", words, patience, c.shown.String()[from:])
	return 0
}

func (c *console) press(keys string) {
	c.t.Helper()
	if _, err := c.master.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// single reports whether keys come one by one, and whether they are shown.
func (c *console) single() (single, echoed bool) {
	c.t.Helper()
	set, err := unix.IoctlGetTermios(int(c.master.Fd()), unix.TCGETS)
	if err != nil {
		c.t.Fatal(err)
	}
	if set.Lflag&unix.ISIG == 0 {
		c.t.Error("Ctrl-C is no signal any more")
	}
	return set.Lflag&unix.ICANON == 0, set.Lflag&unix.ECHO != 0
}

// startOn starts the bench's run with a terminal for all its streams, of which it
// is the foreground.
func (b *bench) startOn(terminal *os.File, flags ...string) *process {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(self)}
	p.Args = append(append([]string{"paceline"}, b.args...), flags...) // TestMain goes by the name
	p.Dir, p.Stdin, p.Stdout, p.Stderr = b.folder, terminal, terminal, terminal
	p.Env = append(os.Environ(), "OPENAI_BASE_URL="+b.url, "OPENAI_API_KEY=sk-canary", "TERM=xterm", "LANG=C.UTF-8")
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.Start(); err != nil {
		b.t.Skipf("no process with a terminal of its own: %v", err)
	}
	terminal.Close()
	b.t.Cleanup(func() { p.Process.Kill() })
	return p
}

// TestKeysOnARealTerminal presses keys on a pseudo-terminal: they act, and the
// terminal is given back as it was, whichever way the run ends.
func TestKeysOnARealTerminal(t *testing.T) {
	for _, ending := range []struct {
		name  string
		items int // far more than are made before the end, at 20 a second
		end   func(*console, *process)
		code  int
	}{
		{"by key", 5000, func(c *console, _ *process) { c.press("qq") }, command.ExitInterrupted},
		{"by Ctrl-C", 5000, func(c *console, _ *process) { c.press("\x03"); c.press("\x03") }, command.ExitInterrupted},
		{"by SIGTERM", 5000, func(_ *console, p *process) { p.Process.Signal(syscall.SIGTERM) }, command.ExitInterrupted},
		{"by Ctrl-\\", 5000, func(c *console, _ *process) { c.press("\x1c") }, 2}, // Go's own, with a trace
		{"whole", 800, func(c *console, _ *process) { c.press("+++++++++++++++++++++++++++++++++++++++++") }, command.ExitDone},
	} {
		t.Run(ending.name, func(t *testing.T) {
			b := newBench(t, ending.items, sim.Config{TTFT: sim.MustDurations("5ms")}, plain)
			c, terminal := openConsole(t)
			p := b.startOn(terminal, "--rpm", "1200", "--grace", "1s")
			at := c.shows(0, "q stop")
			if single, echoed := c.single(); !single || echoed {
				t.Errorf("keys come singly %t, echoed %t", single, echoed)
			}
			c.shows(at, "limited by requests")
			c.press("p")
			at = c.shows(at, "paused by you; p goes on")
			c.press("\x1b[A") // an arrow, which means nothing
			c.press("p")
			at = c.shows(at, "limited by requests")
			c.press("+")
			at = c.shows(at, "limit on requests: 1,200/min -> 1,300/min")
			// Nobody watches this session: the system stops no one in it, but the
			// terminal goes back and forth.
			c.press("\x1a")
			c.shows(at, "limited by requests")
			ending.end(c, p)
			if code := p.end(); code != ending.code {
				t.Errorf("exit %d, want %d", code, ending.code)
			}
			if single, echoed := c.single(); single || !echoed {
				t.Errorf("at the end keys come singly %t, echoed %t", single, echoed)
			}
		})
	}
}

// TestKeysLeaveAnothersTerminalAlone starts a run in the background of a shell
// with job control: it must neither be stopped nor touch the terminal, and takes
// the keys once it is brought to the front.
func TestKeysLeaveAnothersTerminalAlone(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, 6000, sim.Config{TTFT: sim.MustDurations("5ms")}, plain)
	c, terminal := openConsole(t)
	sh := exec.Command(shell, "--norc", "--noprofile", "--noediting", "-i")
	sh.Dir, sh.Stdin, sh.Stdout, sh.Stderr = b.folder, terminal, terminal, terminal
	sh.Env = append(os.Environ(), "OPENAI_BASE_URL="+b.url, "OPENAI_API_KEY=sk-canary", "TERM=xterm", "LANG=C.UTF-8", "PS1=ready> ", "SELF="+self)
	sh.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := sh.Start(); err != nil {
		t.Skipf("no shell with a terminal of its own: %v", err)
	}
	terminal.Close()
	t.Cleanup(func() { sh.Process.Kill(); sh.Wait() })
	at := c.shows(0, "ready> ")
	c.press("(exec -a paceline \"$SELF\" " + strings.Join(b.args[:5], " ") + " m -p '{{.text}}' --rpm 1200) &\n")
	at = c.shows(at, "limited by requests")
	if single, echoed := c.single(); single || !echoed {
		t.Errorf("from the background it has set the terminal: keys singly %t, echoed %t", single, echoed)
	}
	c.press("echo its $((6*7))\n")
	at = c.shows(at, "its 42")
	c.press("fg\n")
	b.until(func() bool { single, _ := c.single(); return single })
	c.press("p")
	at = c.shows(at, "paused by you; p goes on")
	c.press("\x1a")
	at = c.shows(at, "Stopped")
	at = c.shows(at, "ready> ")
	if single, _ := c.single(); single {
		t.Error("stopped, it keeps the terminal")
	}
	c.press("fg\n")
	at = c.shows(at, "paused by you; p goes on")
	c.press("p")
	at = c.shows(at, "limited by requests")
	c.press("qq")
	c.shows(at, "ready> ")
	c.press("exit\n")
}

// TestFault44AStuckTerminalHoldsNoRowsUp stops the terminal's output with Ctrl-S:
// the rows are put in order, and the journal is closed, while it takes nothing.
func TestFault44AStuckTerminalHoldsNoRowsUp(t *testing.T) {
	const n = 200
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("lognormal:20ms,1")}, plain)
	c, terminal := openConsole(t)
	p := b.startOn(terminal, "--rpm", "6000", "--concurrency", "40", "--ordered")
	c.shows(0, "q stop")
	c.press("\x13")
	inOrder := func() bool {
		text, _ := os.ReadFile(b.output())
		rows := bytes.SplitAfter(text, []byte("\n"))
		for i, row := range rows[:len(rows)-1] {
			if gjson.GetBytes(row, "index").Int() != int64(i) {
				return false
			}
		}
		return len(rows)-1 == n
	}
	b.until(inOrder)
	c.press("\x11")
	if code := p.end(); code != command.ExitDone {
		t.Errorf("exit %d", code)
	}
	c.shows(0, "Finished: 200 items")
	b.whole(n)
}
