package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestFault49TwoRuns(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{})
	_, err := Open(name, Options{})
	e := failure(t, err, CodeLocked)
	if e.PID != os.Getpid() || !strings.Contains(e.Error(), fmt.Sprintf("pid %d", os.Getpid())) {
		t.Errorf("%v does not name the process", e)
	}
	mustAppend(t, j, 1)
	mustClose(t, j)
	j = mustOpen(t, name, Options{})
	equal(t, indices(t, name, j), []int64{1})
}

// A link to the output leads to the same journal and the same lock.
func TestFault49ThroughALink(t *testing.T) {
	name := tempOutput(t)
	link := filepath.Join(t.TempDir(), "link.jsonl")
	if err := os.Symlink(name, link); err != nil {
		t.Skip("no links here:", err)
	}
	_, err := Open(link, Options{})
	failure(t, err, CodeOutput) // it leads nowhere yet
	mustOpen(t, name, Options{})
	_, err = Open(link, Options{})
	failure(t, err, CodeLocked)
}

// The lock holds between processes and ends with its owner, however it ends.
func TestFault49BetweenProcesses(t *testing.T) {
	name := tempOutput(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childEnv+"=hold", "PACELINE_JOURNAL="+name)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	_, err = Open(name, Options{})
	if e := failure(t, err, CodeLocked); e.PID != cmd.Process.Pid {
		t.Errorf("%v names process %d, not %d", e, e.PID, cmd.Process.Pid)
	}
	cmd.Process.Kill()
	cmd.Wait()
	in.Close()
	mustOpen(t, name, Options{})
}

func TestFault55NoPlaceForTheOutput(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Open(sub, Options{})
	failure(t, err, CodeOutput)
	_, err = Open(filepath.Join(dir, "missing", "answers.jsonl"), Options{})
	if failure(t, err, CodeIO); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if runtime.GOOS != "windows" {
		_, err = Open("/dev/null", Options{})
		failure(t, err, CodeOutput)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("something was made: %v", entries)
	}
}

func TestFault55ReadOnlyFolder(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("permissions do not bind this user")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	_, err := Open(filepath.Join(dir, "answers.jsonl"), Options{})
	if failure(t, err, CodeIO); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

// A refused Open leaves no folder behind.
func TestRefusedOpenLeavesNothing(t *testing.T) {
	name := tempOutput(t)
	if err := os.WriteFile(name, []byte("rows of somebody else\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Open(name, Options{})
	failure(t, err, CodeNoJournal)
	if exists(Dir(name)) {
		t.Error("the folder was left")
	}
}
