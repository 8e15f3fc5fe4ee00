package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

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
