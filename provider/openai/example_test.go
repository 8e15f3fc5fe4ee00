package openai_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

// An attempt hands out the pieces as they come and returns the whole answer,
// as the server would have sent it unstreamed.
func ExampleProvider_Attempt() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, `data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}

data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}

data: [DONE]

`)
	}))
	defer srv.Close()

	p := openai.Provider{Key: "sk-...", BaseURL: srv.URL + "/v1"}
	defer p.CloseIdle()
	req := &paceline.Request{Model: "m", Messages: paceline.User("Say hello")}
	resp, err := p.Attempt(context.Background(), req, func(d paceline.Delta) {
		if d.Kind == paceline.DeltaContent {
			fmt.Println("piece:", d.Text())
		}
	})
	if err != nil {
		fmt.Println(paceline.CodeOf(err), err)
		return
	}
	fmt.Println(string(resp.Body))
	// Output:
	// piece: Hel
	// piece: lo
	// {"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}
}
