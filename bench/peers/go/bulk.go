package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// An item is a line of the input, a row one of the output.
type item struct {
	ID   int64  `json:"id"`
	Text string `json:"text"`
}

type row struct {
	item
	LLM answer `json:"llm"`
}

type answer struct {
	Response string `json:"response"`
	Requests int    `json:"requests"`
}

// bulk is the worker pool that one writes by hand: a goroutine reads, some
// call, and rows are written under a lock as they come.
func bulk(o options, c client) error {
	in, err := os.Open(o.input)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(o.output)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	p := &pool{items: make(chan item), write: json.NewEncoder(w)}
	go p.read(bufio.NewScanner(in))
	workers(o.concurrency, func() { p.work(o, c) })
	return errors.Join(p.err, w.Flush(), out.Close())
}

type pool struct {
	items chan item

	mu    sync.Mutex // guards what follows
	write *json.Encoder
	err   error // the first one
}

func (p *pool) read(lines *bufio.Scanner) {
	defer close(p.items)
	for lines.Scan() {
		var it item
		if err := json.Unmarshal(lines.Bytes(), &it); err != nil {
			p.fail(err)
			return
		}
		p.items <- it
	}
}

func (p *pool) work(o options, c client) {
	for it := range p.items {
		text, err := c.whole(context.Background(), it.Text)
		if err == nil && len(text) != o.want {
			err = fmt.Errorf("the answer to %d has %d bytes, not %d", it.ID, len(text), o.want)
		}
		if err != nil {
			p.fail(err)
			continue
		}
		p.put(row{it, answer{text, 1}})
	}
}

func (p *pool) put(r row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.write.Encode(r); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *pool) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
}
