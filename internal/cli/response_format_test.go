package cli

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

// How servers refuse a schema; those of llama.cpp were heard from it.
func TestRefusalsOfAFormatAreKnown(t *testing.T) {
	refusal := func(code paceline.Code, remote bool, message, body string) error {
		return fmt.Errorf("attempt: %w", &paceline.Error{Code: code, Remote: remote, Message: message, Body: []byte(body)})
	}
	invalid := paceline.CodeInvalidRequest
	for _, c := range []struct {
		err  error
		want bool
	}{
		{refusal(invalid, true, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", ""), true},
		{refusal(invalid, true, "Unable to generate parser for this template. Automatic parser generation failed: JSON schema error at #/properties/a: unsupported $ref #a", ""), true},
		{refusal(invalid, true, "Failed to initialize samplers: failed to parse grammar", ""), true},
		{refusal(invalid, true, "unsupported value", `{"error":{"message":"unsupported value","param":"response_format"}}`), true},
		{refusal(invalid, true, "temperature must not be negative", `{"error":{"param":"temperature"}}`), false},
		{refusal(invalid, false, "response_format", ""), false},
		{refusal(paceline.CodeServer, true, "response_format", ""), false},
		{nil, false},
	} {
		if got := refusesFormat(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

// An endpoint that refuses our response_format is asked without it, for good
// once it has answered so, and only that is taken out.
func TestAFormatThatIsRefusedIsLeftOut(t *testing.T) {
	const ours = `{"type":"json_schema","json_schema":{"n":12345678901234567890}}`
	var mu sync.Mutex
	var seen []string
	down := true
	inner := paceline.ProviderFunc(func(_ context.Context, req *paceline.Request, _ func(paceline.Delta)) (*paceline.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		format := gjson.GetBytes(req.Body, "response_format")
		seen = append(seen, format.Raw)
		switch {
		case format.Exists():
			return nil, &paceline.Error{Code: paceline.CodeInvalidRequest, Status: http.StatusBadRequest, Message: "no response_format here", Remote: true}
		case down:
			down = false
			return nil, &paceline.Error{Code: paceline.CodeServer, Status: http.StatusBadGateway, Remote: true}
		}
		if string(req.Body) != `{"seed":12345678901234567890,"n":1}` {
			t.Errorf("sent %s", req.Body)
		}
		return &paceline.Response{}, nil
	})
	told := 0
	p := withoutFormat(inner, ours, func(error) { told++ })
	body := `{"seed":12345678901234567890,"response_format":` + ours + `,"n":1}`
	attempt := func(body string) paceline.Code {
		_, err := p.Attempt(t.Context(), &paceline.Request{Body: []byte(body)}, nil)
		return paceline.CodeOf(err)
	}
	for i, want := range []paceline.Code{paceline.CodeServer, paceline.CodeUnknown, paceline.CodeUnknown} {
		if got := attempt(body); got != want || told != min(i, 1) {
			t.Errorf("attempt %d: %v, told %d times", i, got, told)
		}
	}
	if got := attempt(`{"response_format":{"type":"json_object"}}`); got != paceline.CodeInvalidRequest {
		t.Errorf("an item's own format was left out: %v", got)
	}
	if want := []string{ours, "", ours, "", "", `{"type":"json_object"}`}; fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("sent with %q", seen)
	}
}

// An endpoint that may refuse a format is as much as it was before: strict limits
// learn from its pings, and what is wrong with it is found before anything is sent.
func TestAFormatHidesNothingOfItsProvider(t *testing.T) {
	bare := openai.Provider{BaseURL: "nowhere", Key: "k"}
	p := withoutFormat(bare, `{}`, func(error) {})
	if _, ok := p.(paceline.Pinger); !ok {
		t.Error("it cannot be pinged any more")
	}
	if v, ok := p.(interface{ Validate() error }); !ok || bare.Validate() == nil || v.Validate() == nil {
		t.Error("an address that is none is not found")
	}
	only := paceline.ProviderFunc(func(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
		return &paceline.Response{}, nil
	})
	if _, ok := withoutFormat(only, `{}`, func(error) {}).(paceline.Pinger); ok {
		t.Error("it says that it can be pinged, and cannot")
	}
}
