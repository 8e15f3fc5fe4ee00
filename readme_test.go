package paceline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// README.md shows what stands between the two marks, and a test holds them
// equal.

// begin snippet

// label asks for the sentiment of every review: JSON Lines in, rows out.
func label(ctx context.Context, p openai.Provider, reviews io.Reader, rows io.Writer) (paceline.Summary, error) {
	eng, err := paceline.New(p, paceline.Config{
		Limits: paceline.Limits{Requests: paceline.Per(500, time.Minute)},
	})
	if err != nil {
		return paceline.Summary{}, err
	}
	defer eng.Shutdown(ctx)

	out := dataset.NewJSONL(rows)
	sum, err := eng.Run(ctx, paceline.Job{
		Source: dataset.JSONL(reviews),
		Prepare: func(it *paceline.Item) (*paceline.Request, error) {
			var review struct{ Text string }
			err := json.Unmarshal(it.Raw, &review)
			return &paceline.Request{
				Model:    "gpt-4o-mini",
				Messages: paceline.System("One of: positive, negative, mixed.", review.Text),
			}, err
		},
		Sink: out,
	})
	return sum, errors.Join(err, out.Close())
}

// end snippet

func Example_readme() {
	server, err := sim.New(sim.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	local := httptest.NewServer(server)
	defer local.Close()

	reviews := strings.NewReader(`{"id":"a","text":"What a great lamp"}`)
	var rows strings.Builder
	sum, err := label(context.Background(), openai.Provider{BaseURL: local.URL + "/v1"}, reviews, &rows)
	fmt.Println(sum.Done, err)
	fmt.Println(strings.HasPrefix(rows.String(), `{"id":"a","text":"What a great lamp","index":0,"llm":{"response":"positive"`))
	// Output:
	// 1 <nil>
	// true
}

func TestReadmeShowsWhatCompiles(t *testing.T) {
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(source), "// begin snippet\n")
	snippet, _, _ := strings.Cut(rest, "// end snippet\n")
	if snippet = strings.TrimSpace(snippet); snippet == "" || !strings.Contains(string(readme), "```go\n"+snippet+"\n```") {
		t.Error("README.md does not show the snippet as it stands in readme_test.go")
	}
}
