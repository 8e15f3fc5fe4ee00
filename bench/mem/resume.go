package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/sim"
)

// left is how many items of a resumed run have no row yet.
const left = 1000

// measureResume makes a run of which all items but the last ones have their
// rows, continues it, and prints how long it took to the first request, and the
// peak resident memory.
func measureResume(o options, dir string) error {
	server, err := newWatched()
	if err != nil {
		return err
	}
	defer server.close()
	r := resumed{options: o, dir: dir, url: server.url}
	began := time.Now()
	if err := r.make(); err != nil {
		return err
	}
	fmt.Printf("made %d rows in %s\n", o.items, time.Since(began).Round(time.Second))
	server.again()
	began = time.Now()
	state, err := r.run()
	if err != nil {
		return err
	}
	peak, err := peakMemory(state)
	if err != nil {
		return err
	}
	cpu := state.UserTime() + state.SystemTime()
	first, took := server.firstAt().Sub(began), time.Since(began)
	mb := float64(peak) / 1e6
	fmt.Printf("%d done items: the first new call after %.1f s (bound %.0f s), %d more and the summary in %.1f s, of which %.1f s of a processor; peak %.0f MB resident (bound %.0f MB)\n",
		o.items, first.Seconds(), o.maxSeconds, left, took.Seconds(), cpu.Seconds(), mb, o.maxMB)
	switch n, err := countLines(r.file("out.jsonl")); {
	case err != nil:
		return err
	case n != o.items+left:
		return fmt.Errorf("%d rows, want %d", n, o.items+left)
	case server.count() != left:
		return fmt.Errorf("%d requests, want %d", server.count(), left)
	case first.Seconds() > o.maxSeconds:
		return fmt.Errorf("%.1f s to the first call are above %.0f s", first.Seconds(), o.maxSeconds)
	case mb > o.maxMB:
		return fmt.Errorf("peak of %.0f MB is above %.0f MB", mb, o.maxMB)
	}
	return nil
}

// resumed is a run that has been done in great part.
type resumed struct {
	options
	dir, url string
}

func (r *resumed) file(name string) string { return filepath.Join(r.dir, name) }

// line is an item as it stands in the input.
func line(dst []byte, i int) []byte {
	dst = append(dst, `{"t":"`...)
	dst = strconv.AppendInt(dst, int64(i), 10)
	return append(dst, `"}`...)
}

// make runs the first item, so that there is a journal of this very command, and
// writes the rows of the others through the journal itself, each with the
// intent that precedes it. Then the input grows to its full length.
func (r *resumed) make() error {
	if err := r.writeInput(1); err != nil {
		return err
	}
	if _, err := r.run(); err != nil {
		return err
	}
	j, err := journal.Open(r.file("out.jsonl"), journal.Options{NoSync: true})
	if err != nil {
		return err
	}
	var raw, row []byte
	for i := 1; i < r.items && err == nil; i++ {
		raw = line(raw[:0], i)
		row = append(append(row[:0], raw[:len(raw)-1]...), `,"index":`...)
		row = append(strconv.AppendInt(row, int64(i), 10), `,"llm":{"response":"some label","finish_reason":"stop","requests":1}}`+"\n"...)
		err = r.append(j, int64(i), raw, row)
	}
	return errors.Join(err, j.Close(), r.writeInput(r.items+left))
}

func (r *resumed) append(j *journal.Journal, i int64, raw, row []byte) error {
	sum := dataset.Sum(&paceline.Item{Raw: raw})
	if err := j.Intend(i, sum, 150_000); err != nil {
		return err
	}
	used := journal.Used{PromptTokens: 300, CompletionTokens: 20, Cost: 57_000}
	return j.Append(journal.Entry{
		Index: i, ItemSum: sum, Started: time.UnixMilli(1_800_000_000_000 + i), FirstToken: 300 * time.Millisecond, Total: time.Second,
		Requests: 1, Attempts: 1, PromptTokens: used.PromptTokens, CompletionTokens: used.CompletionTokens, Cost: used.Cost, Brought: used,
	}, row, nil)
}

func (r *resumed) writeInput(n int) error {
	f, err := os.Create(r.file("items.jsonl"))
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	var b []byte
	for i := range n {
		b = append(line(b[:0], i), '\n')
		w.Write(b)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// run is the command line.
func (r *resumed) run() (*os.ProcessState, error) {
	cmd := exec.Command(r.paceline, "run", r.file("items.jsonl"), "-o", r.file("out.jsonl"), "-p", "Label: {{.t}}", "-m", "sim",
		"--base-url", r.url, "--concurrency", strconv.Itoa(r.concurrency), "--quiet")
	cmd.Env = append(os.Environ(), "OPENAI_API_KEY=none")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("paceline run: %w", err)
	}
	return cmd.ProcessState, nil
}

// watched is a simulator in this process, which knows when its first request
// came.
type watched struct {
	server *sim.Server
	web    *http.Server
	url    string

	mu    sync.Mutex
	first time.Time
	n     int
}

func newWatched() (*watched, error) {
	server, err := sim.New(sim.Config{Tokens: sim.MustCounts("8")})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &watched{server: server, url: "http://" + l.Addr().String() + "/v1"}
	w.web = &http.Server{Handler: w}
	go w.web.Serve(l)
	return w, nil
}

func (w *watched) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	if w.n++; w.n == 1 {
		w.first = time.Now()
	}
	w.mu.Unlock()
	w.server.ServeHTTP(rw, r)
}

// again forgets what came so far.
func (w *watched) again() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n = 0
}

func (w *watched) firstAt() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}

func (w *watched) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

func (w *watched) close() {
	_ = w.web.Shutdown(context.Background())
	_ = w.server.Close()
}
