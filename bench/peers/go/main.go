// Peer is the clients of Go that Paceline is measured against: openai-go,
// go-openai, net/http and fasthttp, each used as its documentation shows, with
// keep-alive and as many connections as there are calls. It has a module of its
// own, so that Paceline's stays without them. bench/peers starts it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
)

// A client makes calls. It is safe for concurrent use.
type client interface {
	// whole returns the text of an unstreamed answer.
	whole(ctx context.Context, prompt string) (string, error)
	// streamed returns the text of a streamed one, put together.
	streamed(ctx context.Context, prompt string) (string, error)
}

// options are the command's flags, which all peers have.
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
	flag.StringVar(&o.client, "client", "", "net/http, net/http+json, fasthttp, go-openai or openai-go")
	flag.StringVar(&o.url, "url", "", "the base URL")
	flag.StringVar(&o.mode, "mode", "json", "json: unstreamed calls without end; stream: streamed ones; bulk: the items of a file")
	flag.IntVar(&o.concurrency, "concurrency", 64, "calls at once")
	flag.IntVar(&o.want, "want", 0, "bytes of text that each answer must have")
	flag.StringVar(&o.input, "input", "", "of bulk: a JSON Lines file of items with id and text")
	flag.StringVar(&o.output, "output", "", "of bulk: where the rows go")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	c, err := newClient(o)
	if err != nil {
		return err
	}
	if o.mode == "bulk" {
		return bulk(o, c)
	}
	return steady(o, c)
}

func newClient(o options) (client, error) {
	switch o.client {
	case "net/http":
		return newPlain(o, scanText, scanPiece), nil
	case "net/http+json":
		return newPlain(o, decodeText, decodePiece), nil
	case "fasthttp":
		return newFast(o), nil
	case "go-openai":
		return newGoOpenAI(o), nil
	case "openai-go":
		return newOpenAIGo(o), nil
	}
	return nil, fmt.Errorf("no client is called %q", o.client)
}

// steady makes calls until the process is killed, or one fails.
func steady(o options, c client) error {
	failed := make(chan error, o.concurrency)
	for range o.concurrency {
		go func() {
			for {
				if err := one(o, c); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

func one(o options, c client) error {
	call := c.whole
	if o.mode == "stream" {
		call = c.streamed
	}
	text, err := call(context.Background(), prompt)
	if err == nil && len(text) != o.want {
		err = fmt.Errorf("an answer has %d bytes, not %d: %.80q", len(text), o.want, text)
	}
	return err
}

// workers calls work in so many goroutines, and waits for them.
func workers(n int, work func()) {
	var group sync.WaitGroup
	for range n {
		group.Go(work)
	}
	group.Wait()
}
