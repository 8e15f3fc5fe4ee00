package sim

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// apiError is an error as OpenAI's servers word it.
type apiError struct {
	status  int
	kind    string // "type" on the wire
	code    string // "" is null
	param   string // "" is null
	message string
}

var (
	errClosed   = &apiError{503, "server_error", "", "", "The server is shutting down."}
	errNotJSON  = &apiError{400, "invalid_request_error", "", "", "We could not parse the JSON body of your request. (The OpenAI API expects a JSON payload.)"}
	errNoModel  = &apiError{400, "invalid_request_error", "", "model", "you must provide a model parameter"}
	errNoPrompt = &apiError{400, "invalid_request_error", "missing_required_parameter", "messages", "Missing required parameter: 'messages'."}
	errNoInput  = &apiError{400, "invalid_request_error", "missing_required_parameter", "input", "Missing required parameter: 'input'."}
	errFormat   = &apiError{400, "invalid_request_error", "", "response_format", "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."}
	errTooLarge = &apiError{413, "invalid_request_error", "request_too_large", "", "Request entity too large."}
	errKey      = &apiError{401, "invalid_request_error", "invalid_api_key", "", "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys."}
	errQuota    = &apiError{429, "insufficient_quota", "insufficient_quota", "", "You exceeded your current quota, please check your plan and billing details."}
	errBusy     = &apiError{429, "requests", "rate_limit_exceeded", "", "Too many concurrent requests."}
)

func errUnknownPath(r *http.Request) *apiError {
	return &apiError{404, "invalid_request_error", "", "", fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path)}
}

func errMethod(r *http.Request) *apiError {
	return &apiError{405, "invalid_request_error", "method_not_supported", "", fmt.Sprintf("Not allowed to %s on %s.", r.Method, r.URL.Path)}
}

func errMarker(name string) *apiError {
	return &apiError{400, "invalid_request_error", "unknown_fault", "messages", fmt.Sprintf("The prompt asks for the fault %q, which the simulator does not have.", name)}
}

func errModel(model string) *apiError {
	return &apiError{404, "invalid_request_error", "model_not_found", "model",
		fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", model)}
}

func errContext(limit, n int) *apiError {
	return &apiError{400, "invalid_request_error", "context_length_exceeded", "messages", fmt.Sprintf(
		"This model's maximum context length is %d tokens. However, your messages resulted in %d tokens. Please reduce the length of the messages.", limit, n)}
}

func errLimit(model string, g *grant) *apiError {
	r := g.refusedBy
	e := &apiError{429, r.kind, "rate_limit_exceeded", "", ""}
	if g.wait == never {
		e.message = fmt.Sprintf("Request too large for %s on %s: Limit %d, Requested %d.", model, r.name, r.limit, g.asked)
		return e
	}
	e.message = fmt.Sprintf("Rate limit reached for %s on %s: Limit %d, Used %d, Requested %d. Please try again in %s.",
		model, r.name, r.limit, r.limit-g.free, g.asked, ceil(g.wait, time.Millisecond))
	return e
}

// append appends the error's JSON object, with its envelope.
func (e *apiError) append(b []byte) []byte {
	b = append(b, `{"error":{"message":`...)
	b = appendString(b, e.message)
	b = append(b, `,"type":`...)
	b = appendString(b, e.kind)
	b = append(b, `,"param":`...)
	b = appendNullable(b, e.param)
	b = append(b, `,"code":`...)
	b = appendNullable(b, e.code)
	return append(b, `}}`...)
}

func (e *apiError) write(w http.ResponseWriter) {
	writeJSON(w, e.status, append(e.append(nil), '\n'))
}

func writeJSON(w http.ResponseWriter, status int, body []byte) error {
	h := w.Header()
	h["Content-Type"] = jsonType
	set(h, "Content-Length", int64(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

var (
	jsonType   = []string{"application/json"}
	streamType = []string{"text/event-stream; charset=utf-8"}
)

// statusError returns the error that a bare status stands for.
func statusError(status int) *apiError {
	e := &apiError{status: status, kind: "server_error", message: http.StatusText(status)}
	switch {
	case status == 429:
		e.kind, e.code, e.message = "requests", "rate_limit_exceeded", "Rate limit reached. Please slow down."
	case status == 529:
		e.kind, e.message = "overloaded_error", "Overloaded"
	case status == 498:
		e.kind, e.code, e.message = "flex_capacity", "capacity_exceeded", "Flex tier capacity exceeded."
	case status == 500:
		e.message = "The server had an error while processing your request. Sorry about that!"
	case status == 503:
		e.message = "The engine is currently overloaded, please try again later."
	case status == 401:
		return errKey
	case status == 403:
		e.kind, e.message = "insufficient_permissions", "You are not allowed to do this."
	case status == 413:
		return errTooLarge
	case status < 500:
		e.kind = "invalid_request_error"
	}
	if e.message == "" {
		e.message = fmt.Sprintf("Status %d", status)
	}
	e.message = strings.TrimSpace(e.message)
	return e
}
