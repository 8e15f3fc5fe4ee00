package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	goopenai "github.com/sashabaranov/go-openai"
)

// transport keeps a connection for every call.
func transport(o options) *http.Transport {
	return &http.Transport{MaxIdleConns: o.concurrency, MaxIdleConnsPerHost: o.concurrency, DisableCompression: true}
}

// openAIGo is the official client.
type openAIGo struct{ client openai.Client }

func newOpenAIGo(o options) client {
	return openAIGo{openai.NewClient(option.WithAPIKey("none"), option.WithBaseURL(o.url),
		option.WithHTTPClient(&http.Client{Transport: transport(o)}))}
}

func (c openAIGo) params(prompt string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(prompt)}}
}

func (c openAIGo) whole(ctx context.Context, prompt string) (string, error) {
	answer, err := c.client.Chat.Completions.New(ctx, c.params(prompt))
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Message.Content, nil
}

func (c openAIGo) streamed(ctx context.Context, prompt string) (string, error) {
	stream := c.client.Chat.Completions.NewStreaming(ctx, c.params(prompt))
	defer stream.Close()
	var text strings.Builder
	for stream.Next() {
		if choices := stream.Current().Choices; len(choices) > 0 {
			text.WriteString(choices[0].Delta.Content)
		}
	}
	return text.String(), stream.Err()
}

// goOpenAI is the community's client.
type goOpenAI struct{ client *goopenai.Client }

func newGoOpenAI(o options) client {
	cfg := goopenai.DefaultConfig("none")
	cfg.BaseURL, cfg.HTTPClient = o.url, &http.Client{Transport: transport(o)}
	return goOpenAI{goopenai.NewClientWithConfig(cfg)}
}

func (c goOpenAI) request(prompt string) goopenai.ChatCompletionRequest {
	return goopenai.ChatCompletionRequest{Model: model,
		Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: prompt}}}
}

func (c goOpenAI) whole(ctx context.Context, prompt string) (string, error) {
	answer, err := c.client.CreateChatCompletion(ctx, c.request(prompt))
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Message.Content, nil
}

func (c goOpenAI) streamed(ctx context.Context, prompt string) (string, error) {
	stream, err := c.client.CreateChatCompletionStream(ctx, c.request(prompt))
	if err != nil {
		return "", err
	}
	defer stream.Close()
	var text strings.Builder
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return text.String(), nil
		}
		if err != nil {
			return "", err
		}
		if len(chunk.Choices) > 0 {
			text.WriteString(chunk.Choices[0].Delta.Content)
		}
	}
}
