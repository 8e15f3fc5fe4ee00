package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A bench is a measurement that is going on.
type bench struct {
	o      options
	dir    string
	input  string
	items  int
	server *server
}

// measure makes the rounds, prints each, and writes the table.
func measure(o options) error {
	dir, err := os.MkdirTemp("", "paceline-seen-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{o: o, dir: dir, input: filepath.Join(dir, "items.jsonl"), items: o.rate * o.seconds}
	if err := writeItems(b.input, b.items); err != nil {
		return err
	}
	if b.server, err = startServer(); err != nil {
		return err
	}
	defer b.server.stop()
	t := &table{o: o, begun: time.Now()}
	for _, k := range allKinds() {
		if k.name == off || o.kinds.MatchString(k.name) {
			t.lines = append(t.lines, &line{kind: k})
		}
	}
	if _, err := b.run(t.lines[0].kind); err != nil { // to warm up
		return err
	}
	for n := range o.rounds {
		if err := b.round(t, n); err != nil {
			return err
		}
	}
	fmt.Print("\n" + t.markdown())
	if o.page == "" {
		return nil
	}
	return updatePage(o.page, t)
}

// round makes one run of each kind, beginning with another one each time.
func (b *bench) round(t *table, n int) error {
	for i := range t.lines {
		l := t.lines[(n+i)%len(t.lines)]
		c, err := b.run(l.kind)
		if err != nil {
			return err
		}
		l.costs = append(l.costs, c)
		fmt.Printf("round %d: %-8s %.3f s of processor time in %.1f s\n", n+1, l.kind.name, c.cpu.Seconds(), c.took.Seconds())
	}
	return nil
}

// A server is the process that answers.
type server struct {
	cmd     *exec.Cmd
	address string
}

// startServer starts this program as the server. The caller stops it.
func startServer() (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "serve")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the server did not say where it listens: %w", err)
	}
	s.address = strings.TrimSpace(address)
	return s, nil
}

// stop ends the server and waits for its end.
func (s *server) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // "killed", as it should be
}
