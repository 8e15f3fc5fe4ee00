package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/bench/peers/serve"
	"github.com/seed-1814a72b/paceline/bench/usage"
)

// A process is a server or a client that was started.
type process struct {
	cmd  *exec.Cmd
	said bytes.Buffer // its errors; read it after its end only
	over chan struct{}
	err  error // set when over is closed
}

// start starts a process on a core. The caller ends it.
func start(cmd *exec.Cmd, core int, cs cores) (*process, error) {
	p := &process{cmd: cmd, over: make(chan struct{})}
	cmd.Stderr = &p.said
	if err := startOn(cmd, core, cs); err != nil {
		return nil, err
	}
	go func() {
		p.err = cmd.Wait()
		close(p.over)
	}()
	return p, nil
}

// end kills the process, if it still runs, and waits for its end.
func (p *process) end() {
	_ = p.cmd.Process.Kill() // it may be over
	<-p.over
}

// ended returns what is wrong if the process is over, which it should not be.
func (p *process) ended() error {
	select {
	case <-p.over:
		return fmt.Errorf("the client ended by itself (%v): %s", p.cmd.ProcessState, lastLine(p.said.String()))
	default:
		return nil
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// A server is the process that clients are measured against.
type server struct {
	*process
	address     string // of its counters
	url         string // of what clients ask for, without a path
	certificate string // the file that clients must trust; "": it speaks no TLS
}

func (b *bench) startServer(r *row) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd, certificate := exec.Command(self, "serve"), ""
	if r.http2 {
		certificate = filepath.Join(b.scratch, "server.pem")
		cmd = exec.Command(self, "serve-http2", certificate)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p, err := start(cmd, b.cores.server, b.cores)
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.end()
		return nil, fmt.Errorf("the server did not say where it listens: %w", err)
	}
	address, secure, both := strings.Cut(strings.TrimSpace(line), " ")
	if both {
		return &server{p, address, "https://" + secure, certificate}, nil
	}
	return &server{p, address, "http://" + address, ""}, nil
}

// counters asks the server what it has done.
func (s *server) counters() (serve.Counters, error) { return serve.Ask(s.address) }

// startClient starts a peer on its task.
func (b *bench) startClient(p *peer, t task) (*process, error) {
	c := p.command(b, t)
	cmd := exec.Command(c.path, c.args...)
	cmd.Env = append(os.Environ(), c.env...)
	if t.certificate != "" {
		cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+t.certificate)
	}
	return start(cmd, b.cores.client, b.cores)
}

// A reading is what server and client had done at one moment.
type reading struct {
	at             time.Time
	client, server time.Duration
	counters       serve.Counters
}

func read(s *server, client *process) (r reading, err error) {
	if err := client.ended(); err != nil {
		return r, err
	}
	if r.counters, err = s.counters(); err != nil {
		return r, err
	}
	r.at = time.Now()
	var errs [2]error
	r.client, errs[0] = usage.Of(client.cmd.Process.Pid)
	r.server, errs[1] = usage.Of(s.cmd.Process.Pid)
	return r, errors.Join(errs[0], errs[1])
}
