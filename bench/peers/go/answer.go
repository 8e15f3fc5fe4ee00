package main

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Two ways to get at the text of an answer or of a chunk: as most people write
// it, and as somebody who counts microseconds would, trusting the server.

type completion struct {
	Choices []struct {
		Message struct {
			Content string `json:"content"`
		} `json:"message"`
		Delta struct {
			Content string `json:"content"`
		} `json:"delta"`
	} `json:"choices"`
}

func decodeText(body []byte) ([]byte, error) {
	var c completion
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, err
	}
	if len(c.Choices) == 0 {
		return nil, errors.New("an answer without choices")
	}
	return []byte(c.Choices[0].Message.Content), nil
}

func decodePiece(chunk []byte) ([]byte, error) {
	var c completion
	if err := json.Unmarshal(chunk, &c); err != nil || len(c.Choices) == 0 {
		return nil, err
	}
	return []byte(c.Choices[0].Delta.Content), nil
}

var (
	textKey  = []byte(`"content":"`)
	dataName = []byte("data: ")
	doneWord = []byte("[DONE]")
)

func scanText(body []byte) ([]byte, error) {
	_, rest, ok := bytes.Cut(body, textKey)
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 0 {
		return nil, errors.New("an answer without content")
	}
	return rest[:end], nil
}

func scanPiece(chunk []byte) ([]byte, error) {
	_, rest, _ := bytes.Cut(chunk, textKey)
	return rest[:max(0, bytes.IndexByte(rest, '"'))], nil
}
