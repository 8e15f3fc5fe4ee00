package paceline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
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

// A slice, or anything else that can be iterated over, each item to its result.
// A failed item is a result, not an error of the run. README.md has a file.
func ExampleEngine_Run() {
	provider, stop := exampleProvider()
	defer stop()
	eng, _ := paceline.New(provider, paceline.Config{})
	defer eng.Shutdown(context.Background())

	reviews := []string{"I love it", "What a joy"}
	next, done := iter.Pull2(slices.All(reviews))
	defer done()
	labels := make([]string, len(reviews))
	sum, err := eng.Run(context.Background(), paceline.Job{
		Source: paceline.SourceFunc(func(context.Context) (paceline.Item, error) {
			i, text, ok := next()
			if !ok {
				return paceline.Item{}, io.EOF
			}
			return paceline.Item{Index: int64(i), Request: &paceline.Request{
				Model: "gpt-4o-mini", Messages: paceline.System("Positive or negative?", text),
			}}, nil
		}),
		Sink: paceline.SinkFunc(func(_ context.Context, r *paceline.Result) error {
			if r.Status == paceline.StatusDone { // else r.Err says why not
				labels[r.Item.Index] = r.Response.Text()
			}
			return nil
		}),
	})
	fmt.Println(labels, sum.Done, "done,", sum.Failed, "failed,", err)
	// Output: [positive positive] 2 done, 0 failed, <nil>
}

// Limits hold for all calls of an engine, whoever makes them. They can be
// changed while it works; what is wrong with them is said before anything is sent.
func ExampleLimits() {
	provider, stop := exampleProvider()
	defer stop()
	eng, err := paceline.New(provider, paceline.Config{
		Limits: paceline.Limits{
			Requests: paceline.Per(500, time.Minute),
			Tokens:   paceline.Per(200_000, time.Minute), // input and output together
			InFlight: 32,
		},
		Models: map[string]paceline.Limits{"gpt-4o": {Requests: paceline.Per(60, time.Minute)}}, // both hold
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())

	// An endpoint that counts strictly, and refuses the third call of any second.
	strict := paceline.Limits{Requests: paceline.Per(2, time.Second), Window: paceline.Strict}
	fmt.Println(eng.SetLimits("", strict), eng.Stats().Pace.Requests)

	fmt.Println(eng.SetLimits("", paceline.Limits{InFlight: -1}))
	// Output:
	// <nil> 2/1s
	// limits: Limits.InFlight: is -1; must be 1 or more, or 0 to adapt
}

// A rating is what an answer is to be read into.
type rating struct {
	Sentiment string `json:"sentiment"`
	Stars     int    `json:"stars"`
}

// ratingOf reads an answer, and says what is wrong with it.
func ratingOf(r *paceline.Response) (v rating, err error) {
	d := json.NewDecoder(strings.NewReader(r.Text()))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fmt.Errorf("not the JSON that was asked for: %w", err)
	}
	if v.Stars < 1 || v.Stars > 5 {
		return v, fmt.Errorf("stars: is %d; must be from 1 to 5", v.Stars)
	}
	return v, nil
}

// An answer becomes a value of a Go type. One that does not is asked for again,
// up to four times in all, and the model is told what was wrong.
func ExampleConfig_accept() {
	answers := []string{`{"sentiment":"positive","stars":11}`, `{"sentiment":"positive","stars":5}`}
	server, err := sim.New(sim.Config{Answer: func(*sim.Query) (answer string, ok bool) {
		answer, answers = answers[0], answers[1:]
		return answer, true
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, stop := new(sim.Network).Serve(server)
	defer stop()
	eng, err := paceline.New(openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport}, paceline.Config{
		Accept: func(_ *paceline.Request, r *paceline.Response) error {
			_, err := ratingOf(r)
			return err
		},
		Again: paceline.Feedback,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())

	resp, err := eng.Do(context.Background(), &paceline.Request{
		Body: []byte(`{"model":"gpt-4o-mini","response_format":{"type":"json_object"},
			"messages":[{"role":"user","content":"Sentiment and stars (1 to 5), as JSON: I love it."}]}`),
	})
	if err != nil { // CodeInvalidAnswer after the fourth
		fmt.Println(err)
		return
	}
	v, _ := ratingOf(resp) // it was accepted
	fmt.Printf("%+v after %d requests\n", v, resp.Requests)
	// Output: {Sentiment:positive Stars:5} after 2 requests
}

// What an error says: a closed code, and whether the server said it.
func ExampleError() {
	err := error(&paceline.Error{Code: paceline.CodeContextTooLong, Status: 400, ProviderCode: "context_length_exceeded", Message: "the prompt has 200000 tokens", Remote: true})
	if failure, ok := errors.AsType[*paceline.Error](err); ok && failure.Verdict() == paceline.VerdictItem {
		fmt.Fprintln(os.Stdout, failure)
	}
	// Output: context_too_long (HTTP 400, context_length_exceeded): the prompt has 200000 tokens
}
