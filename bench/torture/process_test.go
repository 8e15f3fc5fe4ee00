//go:build unix

package torture

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

// canary is the key; nothing that is written may contain it.
const canary = "sk-canary-0d9f6c1e7b"

// folder is where a round's files are.
type folder struct {
	t    *testing.T
	path string
}

func newFolder(t *testing.T) folder {
	t.Helper()
	path, err := os.MkdirTemp("", "paceline-torture-")
	if err != nil {
		t.Fatal(err)
	}
	return folder{t, path}
}

func (f folder) file(name string) string { return filepath.Join(f.path, name) }

// size returns the size of a file, -1 if there is none.
func (f folder) size(name string) int64 {
	info, err := os.Stat(f.file(name))
	if err != nil {
		return -1
	}
	return info.Size()
}

// remove keeps the files of a round that failed.
func (f folder) remove() {
	if f.t.Failed() {
		f.t.Logf("the files are in %s", f.path)
		return
	}
	os.RemoveAll(f.path)
}

// command returns this very binary as `paceline`, as TestMain has it.
func (f folder) command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"paceline"}, args...)
	cmd.Dir = f.path
	cmd.Env = append(os.Environ(), "OPENAI_API_KEY="+canary)
	return cmd
}

// A provider is a running `paceline sim`.
type provider struct {
	cmd *exec.Cmd
	url string
}

func startProvider(f folder, args ...string) *provider {
	f.t.Helper()
	cmd := f.command(append([]string{"sim", "--quiet", "--keep-requests", "--addr", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		f.t.Fatalf("the simulator did not say where it is: %v", err)
	}
	return &provider{cmd, strings.TrimSpace(line)}
}

func (p *provider) stop() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// ledger returns what the simulator saw, once nothing new arrives in it.
func (p *provider) ledger(t *testing.T) sim.Ledger {
	t.Helper()
	var last sim.Ledger
	for still := 0; still < 10; {
		l := p.stats(t)
		if l.Requests == last.Requests && len(l.Records) == len(last.Records) {
			still++
		} else {
			still = 0
		}
		last = l
		<-time.After(20 * time.Millisecond)
	}
	return last
}

func (p *provider) stats(t *testing.T) (l sim.Ledger) {
	t.Helper()
	resp, err := http.Get(strings.TrimSuffix(p.url, "/v1") + "/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&l); err != nil {
		t.Fatal(err)
	}
	return l
}

// A process is a running `paceline run`.
type process struct {
	*exec.Cmd
	said  output
	ended chan struct{}
}

func (f folder) start(args ...string) *process {
	f.t.Helper()
	p := &process{Cmd: f.command(args...), ended: make(chan struct{})}
	p.Stdout, p.Stderr = &p.said, &p.said
	if err := p.Start(); err != nil {
		f.t.Fatal(err)
	}
	go func() {
		p.Wait()
		close(p.ended)
	}()
	return p
}

// within reports whether the process ends by itself in so long.
func (p *process) within(d time.Duration) bool {
	select {
	case <-p.ended:
		return true
	case <-time.After(d):
		return false
	}
}

// kill reports whether it was in time.
func (p *process) kill() bool {
	p.Process.Kill()
	<-p.ended
	return p.ProcessState.ExitCode() == -1
}

// output collects what a process says.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
