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
	"time"
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

// Held tells a run that writes from one that has ended, and is in nobody's way.
func TestHeld(t *testing.T) {
	name := tempOutput(t)
	if held, _, err := Held(name); held || err != nil {
		t.Errorf("without a journal: %v, %v", held, err)
	}
	j := mustOpen(t, name, Options{NoSync: true})
	for range 3 {
		if held, pid, err := Held(name); !held || pid != os.Getpid() || err != nil {
			t.Errorf("while it is open: %v, pid %d, %v", held, pid, err)
		}
	}
	mustClose(t, j)
	if held, _, err := Held(name); held || err != nil {
		t.Errorf("after its end: %v, %v", held, err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				Held(name)
			}
		}
	}()
	for range 50 {
		j, err := Open(name, Options{NoSync: true})
		if err != nil {
			t.Fatalf("looking was in the way: %v", err)
		}
		mustClose(t, j)
	}
	close(stop)
	<-stopped
}

func TestClosedAndBegan(t *testing.T) {
	name := tempOutput(t)
	j := mustOpen(t, name, Options{NoSync: true})
	mustAppend(t, j, 1)
	mustFlush(t, j)
	read := func() Recovery {
		t.Helper()
		r, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		return r.Recovered()
	}
	began := read().Began
	if r := read(); r.Closed || time.Since(r.Began) > time.Hour {
		t.Errorf("while it is written: %+v", r)
	}
	mustClose(t, j)
	if !read().Closed {
		t.Error("a journal that was closed is not")
	}
	records := mustRead(t, placeOf(name).journal)
	put(t, name, mustRead(t, name), append(records, "torn"...))
	if read().Closed {
		t.Error("a journal with a torn tail is closed")
	}
	j = mustOpen(t, name, Options{NoSync: true})
	if err := j.Rewrite(t.Context(), RewriteOptions{Keep: func(Entry) bool { return false }}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	if r := read(); !r.Closed || !r.Began.Equal(began) {
		t.Errorf("after a rewrite: %+v, began %v", r, began)
	}
}
