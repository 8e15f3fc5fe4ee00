package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tidwall/gjson"
)

// bulk measures a whole process that calls for every item of a file and writes
// a row for each, and checks the rows.
func bulk(b *bench, r *row, p *peer) (f figure, err error) {
	err = b.with(r, p, r.concurrency, func(_ *server, client *process) error {
		begun := time.Now()
		select {
		case <-client.over:
		case <-time.After(r.window):
			return fmt.Errorf("not within %v", r.window)
		}
		f.took = time.Since(begun)
		if client.err != nil {
			return fmt.Errorf("%w: %s", client.err, lastLine(client.said.String()))
		}
		state := client.cmd.ProcessState
		f.total = state.UserTime() + state.SystemTime()
		f.perSecond = float64(r.items) / f.took.Seconds()
		return checkRows(filepath.Join(b.scratch, "out.jsonl"), r)
	})
	return f, err
}

// checkRows reports an error unless a file has exactly one row for each item,
// with the answer.
func checkRows(path string, r *row) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	seen := make([]bool, r.items)
	rows := 0
	for lines := bufio.NewScanner(file); lines.Scan(); rows++ {
		row := gjson.ParseBytes(lines.Bytes())
		id := row.Get("id").Int()
		switch text := row.Get("llm.response").String(); {
		case id < 0 || id >= int64(r.items) || seen[id]:
			return fmt.Errorf("row %d is of the item %d, which is none or has two", rows+1, id)
		case len(text) != r.want:
			return fmt.Errorf("row %d has an answer of %d bytes, not %d", rows+1, len(text), r.want)
		}
		seen[id] = true
	}
	if rows != r.items {
		return fmt.Errorf("%d rows for %d items", rows, r.items)
	}
	return nil
}

// input returns a file of so many items; it is written once.
func (b *bench) input(items int) (string, error) {
	if path, ok := b.inputs[items]; ok {
		return path, nil
	}
	path := filepath.Join(b.scratch, fmt.Sprintf("items-%d.jsonl", items))
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(file)
	for i := range items {
		fmt.Fprintf(w, `{"id":%d,"text":"Review %d: arrived on time, works as described, would buy again. Positive, negative or mixed?"}`+"\n", i, i)
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	b.inputs[items] = path
	return path, file.Close()
}

// removeOutput removes a task's rows and the journal beside them.
func (b *bench) removeOutput(t task) {
	_ = os.RemoveAll(t.output)
	_ = os.RemoveAll(t.output + ".paceline")
}
