package paceline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// Every example talks to a simulated provider over an in-memory network; with
// a real one, leave out the Transport and set a Key.
func exampleProvider() (paceline.Provider, func()) {
	server, err := sim.New(sim.Config{Answer: func(*sim.Query) (string, bool) { return "positive", true }})
	if err != nil {
		panic(err)
	}
	client, stop := new(sim.Network).Serve(server)
	return &openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport}, stop
}

// One call: it waits for the limits, is retried, and comes back whole.
func ExampleEngine_Do() {
	provider, stop := exampleProvider()
	defer stop()
	eng, err := paceline.New(provider, paceline.Config{
		Limits: paceline.Limits{Requests: paceline.Per(600, time.Minute)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())

	resp, err := eng.Do(context.Background(), &paceline.Request{
		Model:    "gpt-4o-mini",
		Messages: paceline.User("Is this review positive or negative? I love it."),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text())
	// Output: positive
}

// The pieces of an answer as they come; a stream that is cut ends in an error.
func ExampleEngine_Stream() {
	provider, stop := exampleProvider()
	defer stop()
	eng, _ := paceline.New(provider, paceline.Config{})
	defer eng.Shutdown(context.Background())

	stream := eng.Stream(context.Background(), &paceline.Request{Model: "gpt-4o-mini", Messages: paceline.User("Well?")})
	for delta, err := range stream.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(delta.Text())
	}
	fmt.Println(" by", stream.Response().FinishReason())
	// Output: positive by stop
}

// A whole file of items, each to its row. An answer that Accept refuses is
// asked for again; a failed item is a row, not an error.
func ExampleEngine_Run() {
	provider, stop := exampleProvider()
	defer stop()
	eng, _ := paceline.New(provider, paceline.Config{
		Limits: paceline.Limits{Requests: paceline.Per(6000, time.Minute), InFlight: 50},
		Accept: func(_ *paceline.Request, r *paceline.Response) error {
			if t := r.Text(); t != "positive" && t != "negative" {
				return errors.New("answer with one word: positive or negative")
			}
			return nil
		},
	})
	defer eng.Shutdown(context.Background())

	reviews := strings.NewReader(`{"text":"I love it"}
{"text":"What a joy"}`)
	sum, err := eng.Run(context.Background(), paceline.Job{
		Source: dataset.JSONL(reviews),
		Prepare: func(it *paceline.Item) (*paceline.Request, error) {
			return &paceline.Request{Model: "gpt-4o-mini", Messages: paceline.User("Positive or negative? " + string(it.Raw))}, nil
		},
		Sink: paceline.SinkFunc(func(_ context.Context, r *paceline.Result) error {
			fmt.Println(r.Response.Text())
			return nil
		}),
	})
	fmt.Println(sum.Done, "done,", sum.Failed, "failed,", err)
	// Output:
	// positive
	// positive
	// 2 done, 0 failed, <nil>
}

// What an error says: a closed code, and whether the server said it.
func ExampleError() {
	err := error(&paceline.Error{Code: paceline.CodeContextTooLong, Status: 400, ProviderCode: "context_length_exceeded", Message: "the prompt has 200000 tokens", Remote: true})
	if failure, ok := errors.AsType[*paceline.Error](err); ok && failure.Verdict() == paceline.VerdictItem {
		fmt.Fprintln(os.Stdout, failure)
	}
	// Output: context_too_long (HTTP 400, context_length_exceeded): the prompt has 200000 tokens
}
