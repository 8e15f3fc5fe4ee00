package jsontext

import (
	"bytes"
	"encoding/json"
)

// OneLine returns JSON without newlines: compacted if it has any, else raw itself.
// What is no JSON stays as it is.
func OneLine(raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return raw
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// Marshal is [json.Marshal] without escapes for HTML, which would only cost tokens
// and surprise whoever reads the request or the row.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}
