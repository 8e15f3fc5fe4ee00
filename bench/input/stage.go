package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/cli"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/prompt"
	"github.com/seed-1814a72b/paceline/journal"
)

// stages are the rows of the table. The first is the limit that the others are
// compared with.
var stages = []struct {
	name string
	run  func(*input) (cost, error)
}{
	{"search for newlines", here(search)},
	{"read", here(read)},
	{"read, template", here(render)},
	{"read, template, admit", grant},
	{"survey (paceline run --dry-run)", here(survey)},
	{"engine alone, items ready made", here(func(in *input) error { return in.send(ready(in.items), nil) })},
	{"read, template, engine", here(func(in *input) error { return in.stream(nil) })},
	{"read, template, engine, journal", here(withJournal)},
}

const template = "Classify this review ({{.lang}}, {{.stars}} stars) as positive, negative or mixed: {{.text}}"

func newPrompt() (*prompt.Prompt, error) {
	return prompt.New(prompt.Config{
		Prompt: template, System: "Answer with one word.", Model: "m",
		Params: []prompt.Param{{Name: "temperature", Value: []byte("0")}, {Name: "max_tokens", Value: []byte("5")}},
	})
}

// search looks for the ends of the lines, as cheaply as it can be done.
func search(in *input) error {
	f, err := os.Open(in.path)
	if err != nil {
		return err
	}
	defer f.Close()
	n, buf := 0, make([]byte, 128<<10)
	for {
		got, err := f.Read(buf)
		n += bytes.Count(buf[:got], []byte("\n"))
		if err == io.EOF {
			return in.whole(n)
		}
		if err != nil {
			return err
		}
	}
}

func (in *input) whole(n int) error {
	if n != in.items {
		return fmt.Errorf("%d of %d lines", n, in.items)
	}
	return nil
}

func (in *input) open() (*dataset.Input, error) {
	return dataset.Open([]string{in.path}, dataset.Options{})
}

func read(in *input) error { return in.each(func(*paceline.Item) error { return nil }) }

// each reads the items, which are f's to keep.
func (in *input) each(f func(*paceline.Item) error) error {
	src, err := in.open()
	if err != nil {
		return err
	}
	defer src.Close()
	for n := 0; ; n++ {
		it, err := src.Next(context.Background())
		if err == io.EOF {
			return in.whole(n)
		}
		if err = errors.Join(err, it.Err); err == nil {
			err = f(&it)
		}
		if err != nil {
			return err
		}
	}
}

func render(in *input) error {
	p, err := newPrompt()
	if err != nil {
		return err
	}
	return in.each(func(it *paceline.Item) error {
		_, err := p.Request(it)
		return err
	})
}

// survey is what the command line does before anything is sent, with its
// estimate.
func survey(in *input) error {
	var said bytes.Buffer
	env, stop := command.System()
	defer stop()
	env.Args = []string{"run", in.path, "-p", template, "--system", "Answer with one word.", "-m", "m", "--param", "temperature=0",
		"--param", "max_tokens=5", "--base-url", "http://127.0.0.1:9/v1", "-o", filepath.Join(in.dir, "rows.jsonl"), "--dry-run"}
	env.Stdout, env.Stderr = io.Discard, &said
	env.StdoutTerminal, env.StderrTerminal = false, false
	if code := cli.Main(context.Background(), env); code != 0 {
		return fmt.Errorf("exit %d: %s", code, said.String())
	}
	return nil
}

// ready are items that cost nothing: what a run of them takes is the engine's.
func ready(n int) paceline.Source {
	i := int64(-1)
	it := paceline.Item{
		Raw:     json.RawMessage(`{"id":"r0000001","text":"short"}`),
		Request: &paceline.Request{Model: "m", Body: json.RawMessage(`{"model":"m","messages":[],"max_tokens":5}`)},
	}
	return paceline.SourceFunc(func(context.Context) (paceline.Item, error) {
		if i++; i == int64(n) {
			return paceline.Item{}, io.EOF
		}
		it.Index = i
		return it, nil
	})
}

func withJournal(in *input) error {
	out := filepath.Join(in.dir, "out.jsonl")
	j, err := journal.Open(out, journal.Options{})
	if err != nil {
		return err
	}
	err = errors.Join(in.stream(j), j.Close(), journal.Remove(out))
	return errors.Join(err, os.RemoveAll(out))
}

// stream sends the items of the file.
func (in *input) stream(j *journal.Journal) error {
	src, err := in.open()
	if err != nil {
		return err
	}
	defer src.Close()
	return in.send(src, j)
}

// send runs items through an engine whose provider answers at once.
func (in *input) send(src paceline.Source, j *journal.Journal) error {
	p, err := newPrompt()
	if err != nil {
		return err
	}
	e, err := paceline.New(paceline.ProviderFunc(answer), paceline.Config{Limits: paceline.Limits{
		InFlight: 512, Requests: paceline.Per(1e9, time.Second), Tokens: paceline.Per(1e12, time.Second),
	}})
	if err != nil {
		return err
	}
	defer e.Shutdown(context.Background())
	sum, err := e.Run(context.Background(), paceline.Job{
		Source: src, Journal: j, Sum: dataset.Sum,
		Prepare: func(it *paceline.Item) (*paceline.Request, error) {
			if it.Request != nil {
				return it.Request, nil
			}
			return p.Request(it)
		},
		Sink:   paceline.SinkFunc(func(context.Context, *paceline.Result) error { return nil }),
		Encode: func(b []byte, r *paceline.Result) []byte { return append(dataset.AppendRow(b, r), '\n') },
	})
	if err != nil {
		return err
	}
	return in.whole(int(sum.Done))
}

var label = json.RawMessage(`"positive"`)

func answer(_ context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: label})
	return &paceline.Response{
		Model: "m", RequestID: "req_0123456789", Status: 200,
		Choices: []paceline.Choice{{Content: label, FinishReason: "stop"}},
		Usage:   paceline.Usage{Prompt: 90, Completion: 1, Known: true},
	}, nil
}
