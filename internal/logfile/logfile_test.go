package logfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// disk is a file on a disk that takes only so many bytes at times.
type disk struct {
	mu sync.Mutex
	bytes.Buffer
	room   int // below 0: without end
	closed bool
}

// written returns what the file has.
func (d *disk) written() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Buffer.String()
}

// free makes room without end.
func (d *disk) free() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = -1
}

var errNoSpace = errors.New("no space left on device")

func (d *disk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.room >= 0 && len(p) > d.room {
		n, _ := d.Buffer.Write(p[:d.room])
		d.room = 0
		return n, errNoSpace
	}
	if d.room >= 0 {
		d.room -= len(p)
	}
	return d.Buffer.Write(p)
}

func (d *disk) Close() error { d.closed = true; return nil }

// warnings notes what a log file tells.
type warnings []string

func (w *warnings) add(err error, lost int64) { *w = append(*w, fmt.Sprint(err, " ", lost)) }

func TestLogFileIsWrittenEachSecondAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := &disk{room: -1}, new(warnings)
		looks := 0
		f := Start(d, nil, func(time.Time) { looks++ }, w.add)
		fmt.Fprintln(f, "a")
		if d.written() != "" {
			t.Error("who logs waits for the disk")
		}
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if d.written() != "a\n" || looks != 1 {
			t.Errorf("after a second %q, %d looks", d.written(), looks)
		}
		fmt.Fprintln(f, "b")
		f.Close()
		if d.written() != "a\nb\n" || !d.closed || len(*w) > 0 {
			t.Errorf("at the end %q, closed %t, said %q", d.written(), d.closed, *w)
		}
	})
}

// TestAFullDiskIsSaidOnce fills the disk in the midst of a line and frees it again:
// it is said once, the lines that were lost are counted, and the next one begins on
// a line of its own.
func TestAFullDiskIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := &disk{room: 8}, new(warnings)
		f := Start(d, nil, nil, w.add)
		for i := range 5 {
			fmt.Fprintf(f, "line %d\n", i)
			time.Sleep(time.Second + time.Millisecond)
		}
		d.free()
		fmt.Fprintln(f, "again")
		f.Close()
		if want := "line 0\nl\nagain\n"; d.written() != want {
			t.Errorf("the file has %q, want %q", d.written(), want)
		}
		if got := strings.Join(*w, "; "); got != "no space left on device 0; <nil> 4" {
			t.Errorf("said %q", got)
		}
	})
}

// A stuck disk takes nothing until it goes on.
type stuck struct {
	disk
	goesOn chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.goesOn
	return s.disk.Write(p)
}

// TestLogFileBoundsWhatWaits writes twelve lines of a MiB while the disk is stuck
// with the first.
func TestLogFileBoundsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := &stuck{disk{room: -1}, make(chan struct{})}, new(warnings)
		f := Start(d, nil, nil, w.add)
		line := []byte(strings.Repeat("x", 1<<20-1) + "\n")
		for range 12 {
			f.Write(line)
			synctest.Wait()
		}
		close(d.goesOn)
		f.Close()
		if len(d.written()) != len(line)+waitMost || strings.Join(*w, "; ") != "<nil> 3" {
			t.Errorf("%d bytes were kept, said %q", len(d.written()), *w)
		}
	})
}

// TestFault66NoKeyInALogFile puts keys wherever a line may have one, in each way
// in which it may be written.
func TestFault66NoKeyInALogFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const key = `sk-1"2\3/4+5&6`
		quoted, _ := json.Marshal(key)
		d := &disk{room: -1}
		f := Start(d, []string{"", "EMPTY", key, "second-key"}, nil, new(warnings).add)
		fmt.Fprintf(f, "%s in the open, %s quoted, ?k=%s, /%s, and second-key; the word EMPTY stays\n",
			key, quoted, url.QueryEscape(key), url.PathEscape(key))
		f.Close()
		if want := "[key] in the open, \"[key]\" quoted, ?k=[key], /[key], and [key]; the word EMPTY stays\n"; d.written() != want {
			t.Errorf("got  %swant %s", d.written(), want)
		}
	})
}

// TestFault66KeysThatHoldOthersAreHidden logs, as a run does, keys of which one
// begins with another, and one that HTML and JSON both would escape.
func TestFault66KeysThatHoldOthersAreHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const short, long, odd = "sk-team", "sk-team-and-more", `sk-"a&<b`
		d := &disk{room: -1}
		f := Start(d, []string{short, long, odd}, nil, new(warnings).add)
		slog.New(slog.NewJSONHandler(f, nil)).Info("refused", "a", long, "b", short, "c", odd)
		f.Close()
		if got := d.written(); !strings.HasSuffix(got, `"a":"[key]","b":"[key]","c":"[key]"}`+"\n") {
			t.Errorf("the file has %s", got)
		}
	})
}

// TestLinesThatAreManyDoNotWaitForTheSecond writes four times what may wait, in a
// moment: none is lost, in their order, and look is called by the clock alone.
func TestLinesThatAreManyDoNotWaitForTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := &disk{room: -1}, new(warnings)
		looks := 0
		f := Start(d, nil, func(time.Time) { looks++ }, w.add)
		var want strings.Builder
		for n := 0; want.Len() < 4*waitMost; n++ {
			line := fmt.Sprintf("%d %s\n", n, strings.Repeat("x", n%1000))
			want.WriteString(line)
			fmt.Fprint(f, line)
			if n%100 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		if wait := want.Len() - len(d.written()); wait >= writeAt || looks != 0 {
			t.Errorf("%d bytes wait, looked %d times", wait, looks)
		}
		f.Close()
		if d.written() != want.String() || len(*w) > 0 {
			t.Errorf("%d bytes of %d are in the file; said %q", len(d.written()), want.Len(), *w)
		}
	})
}

// BenchmarkWrite is one line, with a key to look for.
func BenchmarkWrite(b *testing.B) {
	f := Start(&nowhere{}, []string{"sk-proj-0123456789abcdefghijklmnopqrstuvwxyz"}, nil, func(error, int64) {})
	defer f.Close()
	line := []byte(`{"time":"2026-01-02T03:04:05.678901234Z","level":"DEBUG","msg":"attempt","item":12345,"attempt":1,"endpoint":"1","model":"gpt-4o-mini","hedge":false,"first_token_ms":512.3,"total_ms":2123.5,"request_id":"req_0123456789abcdef"}` + "\n")
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = f.Write(line)
	}
}

// nowhere is a file that keeps nothing.
type nowhere struct{}

func (*nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (*nowhere) Close() error                { return nil }
