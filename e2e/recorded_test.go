package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

// recordings are what a llama.cpp server answered, see the README there.
const recordings = "../provider/openai/testdata/llamacpp"

// The response rebuilt from each recorded stream equals the recorded unstreamed
// one, and both are read the same way.
func TestRecordedStreamsEqualTheirUnstreamed(t *testing.T) {
	streams, err := filepath.Glob(recordings + "/*_streamed.sse")
	if err != nil || len(streams) < 20 {
		t.Fatalf("%d recordings, %v", len(streams), err)
	}
	compared := 0
	for _, stream := range streams {
		name := strings.TrimSuffix(filepath.Base(stream), "_streamed.sse")
		request, err := os.ReadFile(filepath.Join(recordings, name+".request.json"))
		if err != nil {
			continue // recorded streamed only
		}
		t.Run(name, func(t *testing.T) {
			streamed, streamedErr := replay(name+"_streamed.sse", request, false)
			whole, wholeErr := replay(name+".json", request, true)
			if wholeErr != nil || streamedErr != nil {
				if paceline.CodeOf(streamedErr) != paceline.CodeOf(wholeErr) || (streamedErr == nil) != (wholeErr == nil) {
					t.Errorf("streamed %v, unstreamed %v", streamedErr, wholeErr)
				}
				return
			}
			equal(t, "unstreamed", decode(t, streamed.Body), decode(t, whole.Body))
			if streamed.Usage.Completion != whole.Usage.Completion || streamed.Usage.Prompt != whole.Usage.Prompt || !streamed.Usage.Known {
				t.Errorf("usage %+v, unstreamed %+v", streamed.Usage, whole.Usage)
			}
			if streamed.Model != "smollm2" || streamed.RequestID == "" || streamed.FinishReason() != whole.FinishReason() {
				t.Errorf("model %q, request id %q, finish reason %q", streamed.Model, streamed.RequestID, streamed.FinishReason())
			}
			compared++
		})
	}
	if compared < 15 {
		t.Errorf("only %d answers were compared", compared)
	}
}

// Each recorded refusal is classified, streamed and not.
func TestFault05RecordedRefusals(t *testing.T) {
	for file, want := range map[string]paceline.Code{
		"too_long.json":                 paceline.CodeContextTooLong,
		"too_long_streamed.sse":         paceline.CodeContextTooLong,
		"image_refused.json":            paceline.CodeServer, // 500, though it is the item's fault
		"messages_missing_streamed.sse": paceline.CodeInvalidRequest,
		"bad_schema_streamed.sse":       paceline.CodeInvalidRequest,
		"bad_type_streamed.sse":         paceline.CodeInvalidRequest,
		"bad_json.json":                 paceline.CodeInvalidRequest,
		"bad_path.json":                 paceline.CodeInvalidRequest,
		"no_usage_streamed.sse":         paceline.CodeUnknown, // no error
		"unknown_model_streamed.sse":    paceline.CodeUnknown, // the server answers with what it has
		"tool_forced_streamed.sse":      paceline.CodeUnknown,
	} {
		resp, err := replay(file, []byte(`{"model":"smollm2","messages":[]}`), strings.HasSuffix(file, ".json"))
		if got := paceline.CodeOf(err); got != want || (err == nil) != (want == paceline.CodeUnknown) {
			t.Errorf("%s: got %v (%v), want %v", file, got, err, want)
		}
		if err == nil && resp.Text() == "" {
			t.Errorf("%s: no text", file)
		}
	}
}

// Without stream_options this server reports no usage: it stays unknown.
func TestFault38RecordedStreamWithoutUsage(t *testing.T) {
	resp, err := replay("no_usage_streamed.sse", []byte(`{"model":"smollm2"}`), false)
	if err != nil || resp.Usage.Known || resp.FinishReason() != "stop" {
		t.Errorf("%+v, %v", resp, err)
	}
}

// replay makes an attempt that is answered by a recording.
func replay(file string, body []byte, noStream bool) (*paceline.Response, error) {
	text, err := os.ReadFile(filepath.Join(recordings, file))
	if err != nil {
		return nil, err
	}
	// The body was recorded without its chunks.
	text = bytes.Replace(text, []byte("Transfer-Encoding: chunked\r\n"), nil, 1)
	p := openai.Provider{BaseURL: "http://recorded.invalid/v1", NoStream: noStream, Transport: recorded(text)}
	return p.Attempt(context.Background(), &paceline.Request{Body: body}, nil)
}

// recorded is a transport that reads each response from its own bytes.
type recorded []byte

func (a recorded) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(a)), r)
}

// decode returns a response object without what differs from call to call.
func decode(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "created", "timings"} {
		if _, ok := object[key]; !ok {
			t.Errorf("the response has no %q", key)
		}
		delete(object, key)
	}
	if usage, ok := object["usage"].(map[string]any); ok {
		delete(usage, "prompt_tokens_details") // cached_tokens grows with each repetition
	}
	return object
}

func equal(t *testing.T, what string, got, want map[string]any) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	g, _ := json.MarshalIndent(got, "", " ")
	w, _ := json.MarshalIndent(want, "", " ")
	t.Errorf("rebuilt:\n%s\n%s:\n%s", g, what, w)
}
