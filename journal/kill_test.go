package journal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// childEnv says what the test binary does when a test runs it as a process.
const childEnv = "PACELINE_JOURNAL_CHILD"

// TestChild is not a test: it is the process that other tests start and kill.
func TestChild(t *testing.T) {
	name := os.Getenv("PACELINE_JOURNAL")
	switch os.Getenv(childEnv) {
	case "":
		t.Skip("started by other tests")
	case "hold":
		j, err := Open(name, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		fmt.Println("held")
		io.Copy(io.Discard, os.Stdin)
	case "run":
		work(t, name)
	}
}

// work appends rows for the items of 0 to 5,000 that have none, from many
// goroutines, and says which ones are committed.
func work(t *testing.T, name string) {
	j, err := Open(name, Options{SyncEvery: time.Millisecond, SyncBytes: 8 << 10})
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	var wg sync.WaitGroup
	for w := range int64(8) {
		wg.Go(func() {
			for i := w; i < 5000; i += 8 {
				if j.Done(i) {
					continue
				}
				e := entryOf(i)
				if err := j.Intend(i, e.ItemSum, 7); err != nil {
					t.Error(err)
				}
				if err := j.Append(e, rowOf(i), func() {
					fmt.Fprintln(out, "committed", i)
					out.Flush()
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if rand.IntN(2) == 0 {
		j.Rewrite(context.Background(), RewriteOptions{Ordered: rand.IntN(2) == 0, Keep: func(e Entry) bool { return e.Index%7 != 0 }})
		fmt.Println("rewritten")
	}
	j.Close()
}

// Processes are killed at random moments: what they announced is there, whole
// and once, except what they rewrote away. PACELINE_KILLS sets how many; short
// form 25.
func TestFault43Kill(t *testing.T) {
	kills, _ := strconv.Atoi(os.Getenv("PACELINE_KILLS"))
	if kills == 0 {
		kills = 25
	}
	name := tempOutput(t)
	killed := 0
	var cut int64
	announced := map[int64]bool{}
	for range kills {
		for _, i := range runAndKill(t, name, &killed) {
			announced[i] = true
		}
		j := mustOpen(t, name, Options{NoSync: true})
		got := indices(t, name, j)
		r := j.Recovered()
		cut += r.RowBytesCut
		addsUp(t, r)
		if n := len(got); n != len(slices.Compact(slices.Sorted(slices.Values(got)))) {
			t.Fatal("an item has two rows")
		}
		for i := range announced {
			if !j.Done(i) && i%7 != 0 {
				t.Fatalf("row %d was announced and is lost", i)
			}
		}
		mustClose(t, j)
		if len(got) == 5000 {
			if err := Remove(name); err != nil {
				t.Fatal(err)
			}
			clear(announced)
		}
	}
	t.Logf("%d processes killed, %d did their work first; %d uncommitted bytes of rows cut", killed, kills-killed, cut)
	if killed < kills/4 {
		t.Errorf("only %d of %d processes were killed", killed, kills)
	}
}

// runAndKill starts a process and kills it at a random announcement or moment.
func runAndKill(t *testing.T, name string, killed *int) (announced []int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childEnv+"=run", "PACELINE_JOURNAL="+name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var alarm *time.Timer
	after := rand.IntN(3000)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if s, ok := strings.CutPrefix(lines.Text(), "committed "); ok {
			i, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				continue // torn by the kill
			}
			announced = append(announced, i)
		} else if strings.Contains(lines.Text(), "FAIL") || strings.Contains(lines.Text(), "_test.go") {
			t.Errorf("the process says: %s", lines.Text())
		}
		if len(announced) >= after && alarm == nil {
			alarm = time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
	}
	if alarm != nil {
		alarm.Stop()
	}
	cmd.Wait()
	if cmd.ProcessState.ExitCode() == -1 {
		*killed++
	}
	return announced
}
