package paceline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// isScore takes a score from 1 to 5 for an answer, and keeps it as its value.
func isScore(_ *paceline.Request, r *paceline.Response) error {
	var answer struct{ Score int }
	if err := json.Unmarshal([]byte(r.Text()), &answer); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	if answer.Score < 1 || answer.Score > 5 {
		return errors.New("score: must be from 1 to 5")
	}
	r.Choices[0].Value, _ = json.Marshal(answer.Score)
	return nil
}

// An answer that Accept refuses is asked for again with what was wrong with it,
// and at the fourth time by a larger model.
func ExampleFeedback() {
	server, _ := sim.New(sim.Config{Answer: func(q *sim.Query) (string, bool) {
		switch {
		case !strings.Contains(q.User, "not accepted"):
			return `{"score": 9}`, true
		default:
			fmt.Println("the model is told:", strings.Split(q.User, "\n")[0])
			return `{"score": 4}`, true
		}
	}})
	client, stop := new(sim.Network).Serve(server)
	defer stop()
	eng, err := paceline.New(openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport}, paceline.Config{
		Accept: isScore,
		Again: func(a paceline.Ask) *paceline.Request {
			req := paceline.Feedback(a)
			if a.Number == 4 && req != nil {
				larger := *req
				larger.Model = "gpt-4o"
				return &larger
			}
			return req
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Shutdown(context.Background())

	resp, err := eng.Do(context.Background(), &paceline.Request{
		Model: "gpt-4o-mini", Messages: paceline.User("Score it from 1 to 5, as JSON: I like it."),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(resp.Choices[0].Value), "after", resp.Requests, "requests")
	// Output:
	// the model is told: Your answer was not accepted: score: must be from 1 to 5
	// 4 after 2 requests
}
