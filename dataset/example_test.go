package dataset_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
)

func ExampleJSONL() {
	src := dataset.JSONL(strings.NewReader("{\"id\":\"a\",\"text\":\"fine\"}\n\"a string\"\n{broken\n"))
	for {
		item, err := src.Next(context.Background())
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err) // the input itself cannot be read on
			break
		}
		if item.Err != nil {
			fmt.Println(item.Index, item.Err) // this item cannot be sent
			continue
		}
		fmt.Printf("%d %q %s\n", item.Index, item.ID, item.Raw)
	}
	// Output:
	// 0 "a" {"id":"a","text":"fine"}
	// 1 "" "a string"
	// 2 line 3: invalid JSON at byte 2: invalid character 'b' looking for beginning of object key string
}

func ExampleNewJSONL() {
	sink := dataset.NewJSONL(os.Stdout)
	err := sink.Put(context.Background(), &paceline.Result{
		Item: paceline.Item{Raw: json.RawMessage(`{"id":"a", "text":"fine"}`)},
		Response: &paceline.Response{
			Choices: []paceline.Choice{{Content: json.RawMessage(`"positive"`), FinishReason: "stop"}},
			Model:   "small",
		},
		Requests: 1,
	})
	if err != nil {
		fmt.Println(err)
	}
	if err := sink.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"id":"a", "text":"fine","index":0,"llm":{"response":"positive","finish_reason":"stop","requests":1,"usage":null,"cost_usd":null,"ttft_ms":null,"total_ms":null,"model":"small","request_id":null}}
}
