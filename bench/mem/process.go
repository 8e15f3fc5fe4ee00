package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// readyIn is how long the simulator may take to say where it listens.
const readyIn = 20 * time.Second

// A simulator is a running `paceline sim`.
type simulator struct {
	cmd     *exec.Cmd
	baseURL string
}

// startSim starts a simulator without latency or limits on a free port. The
// caller stops it.
func startSim(paceline string) (*simulator, error) {
	cmd := exec.Command(paceline, "sim", "--quiet", "--addr", "127.0.0.1:0",
		"--ttft", "0s", "--itl", "0s", "--tokens", "8")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &simulator{cmd: cmd}
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(stdout).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	select {
	case s.baseURL = <-line:
	case <-time.After(readyIn):
	}
	if !strings.HasPrefix(s.baseURL, "http://") {
		s.stop()
		return nil, fmt.Errorf("the simulator printed %q, not its base URL", s.baseURL)
	}
	return s, nil
}

// stop ends the simulator and waits for its end.
func (s *simulator) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // "killed", as it should be
}

// run labels the items and returns the peak resident memory of the process in
// bytes.
func run(o options, baseURL, input, out string) (peak int64, err error) {
	cmd := exec.Command(o.paceline, "run", input, "-o", out, "-p", "Label: {{.text}}", "-m", "sim",
		"--base-url", baseURL, "--concurrency", strconv.Itoa(o.concurrency), "--quiet")
	cmd.Env = append(os.Environ(), "OPENAI_API_KEY=none")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("paceline run: %w", err)
	}
	return peakMemory(cmd.ProcessState)
}
