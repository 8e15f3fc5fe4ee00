// Engine is Paceline's library as a client of its own process, measured beside
// the command line: calls through Engine.Do, and a file's items through
// Engine.Run with a journal. bench/peers starts it with the flags that all
// peers have.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

type options struct {
	client, url, mode, input, output string
	concurrency, want                int
}

const (
	model  = "bench"
	prompt = "Review 1: arrived on time, works as described, would buy again. Positive, negative or mixed?"
)

func main() {
	var o options
	flag.StringVar(&o.client, "client", "", "not used: there is one")
	flag.StringVar(&o.url, "url", "", "the base URL")
	flag.StringVar(&o.mode, "mode", "json", "json: unstreamed calls without end; stream: streamed ones; bulk: the items of a file")
	flag.IntVar(&o.concurrency, "concurrency", 64, "calls at once")
	flag.IntVar(&o.want, "want", 0, "bytes of text that each answer must have")
	flag.StringVar(&o.input, "input", "", "of bulk: a JSON Lines file of items with id and text")
	flag.StringVar(&o.output, "output", "", "of bulk: where the rows go")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	provider := openai.Provider{Key: "none", BaseURL: o.url, NoStream: o.mode != "stream"}
	e, err := paceline.New(provider, paceline.Config{Limits: paceline.Limits{InFlight: o.concurrency}})
	if err != nil {
		return err
	}
	defer e.Shutdown(context.Background())
	if o.mode == "bulk" {
		return bulk(o, e)
	}
	return steady(o, e)
}

// steady makes calls until the process is killed, or one fails.
func steady(o options, e *paceline.Engine) error {
	failed := make(chan error, o.concurrency)
	for range o.concurrency {
		go func() {
			for {
				if err := one(o, e); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

func one(o options, e *paceline.Engine) error {
	resp, err := e.Do(context.Background(), &paceline.Request{Model: model, Messages: paceline.User(prompt)})
	if err != nil {
		return err
	}
	return check(o, resp)
}

// check compares the length of an answer's text, which is ASCII that needs no
// escape.
func check(o options, resp *paceline.Response) error {
	if n := len(resp.Choices[0].Content) - 2; n != o.want {
		return fmt.Errorf("an answer has %d bytes, not %d", n, o.want)
	}
	return nil
}

func bulk(o options, e *paceline.Engine) error {
	in, err := dataset.Open([]string{o.input}, dataset.Options{})
	if err != nil {
		return err
	}
	defer in.Close()
	j, err := journal.Open(o.output, journal.Options{})
	if err != nil {
		return err
	}
	defer j.Close()
	sum, err := e.Run(context.Background(), paceline.Job{
		Source: in, Journal: j, Prepare: prepare,
		Encode: func(b []byte, r *paceline.Result) []byte { return append(dataset.AppendRow(b, r), '\n') },
	})
	if err == nil && sum.Done != sum.Items {
		err = fmt.Errorf("%d of %d items are done", sum.Done, sum.Items)
	}
	return err
}

func prepare(it *paceline.Item) (*paceline.Request, error) {
	text := gjson.GetBytes(it.Raw, "text").String()
	return &paceline.Request{Model: model, Messages: paceline.User(text)}, nil
}
