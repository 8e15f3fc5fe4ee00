package openai

import (
	"bytes"
	"net/http"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// codes are the structured codes that say more than the HTTP status; they are
// looked up by error.code first and error.type (or status) then. Sources: the
// providers' error pages, read in 2026.
var codes = map[string]paceline.Code{
	"insufficient_quota":                paceline.CodeQuota,
	"billing_hard_limit_reached":        paceline.CodeQuota,
	"billing_not_active":                paceline.CodeQuota,
	"credit_balance_exhausted":          paceline.CodeQuota,
	"organization_spend_limit_exceeded": paceline.CodeQuota,
	"project_spend_limit_exceeded":      paceline.CodeQuota,
	"enforced_spend_limit_reached":      paceline.CodeQuota,
	"exceeded_current_quota_error":      paceline.CodeQuota, // Moonshot
	"billing_error":                     paceline.CodeQuota,
	"insufficient_balance":              paceline.CodeQuota,

	"context_length_exceeded":          paceline.CodeContextTooLong,
	"exceed_context_size_error":        paceline.CodeContextTooLong, // llama.cpp, also with 500
	"context_window_exceeded":          paceline.CodeContextTooLong,
	"model_max_prompt_tokens_exceeded": paceline.CodeContextTooLong,

	"request_too_large": paceline.CodeTooLarge,

	"content_filter":               paceline.CodeContentFilter,
	"content_policy_violation":     paceline.CodeContentFilter,
	"ResponsibleAIPolicyViolation": paceline.CodeContentFilter, // Azure
	"data_inspection_failed":       paceline.CodeContentFilter, // Alibaba
	"moderation_blocked":           paceline.CodeContentFilter,

	"invalid_api_key":                      paceline.CodeAuth,
	"invalid_organization":                 paceline.CodeAuth,
	"account_deactivated":                  paceline.CodeAuth,
	"unsupported_country_region_territory": paceline.CodeAuth,

	"model_not_found":    paceline.CodeModelNotFound,
	"DeploymentNotFound": paceline.CodeModelNotFound, // Azure
	"unknown_model":      paceline.CodeModelNotFound,
	"invalid_model":      paceline.CodeModelNotFound, // Mistral

	"rate_limit_exceeded": paceline.CodeThrottled,
	"slow_down":           paceline.CodeThrottled,
	"capacity_exceeded":   paceline.CodeThrottled, // Groq's flex tier
	"engine_overloaded":   paceline.CodeThrottled,
}

// kinds are the broad types that say less than an HTTP status does: they
// count where there is none, in an error inside a 200.
var kinds = map[string]paceline.Code{
	"rate_limit_error":        paceline.CodeThrottled,
	"overloaded_error":        paceline.CodeThrottled,
	"engine_overloaded_error": paceline.CodeThrottled,
	"too_many_requests":       paceline.CodeThrottled,
	"tokens":                  paceline.CodeThrottled, // OpenAI's type of a 429
	"requests":                paceline.CodeThrottled,
	"RESOURCE_EXHAUSTED":      paceline.CodeThrottled,

	"invalid_request_error": paceline.CodeInvalidRequest,
	"BadRequestError":       paceline.CodeInvalidRequest, // vLLM
	"INVALID_ARGUMENT":      paceline.CodeInvalidRequest,
	"not_found_error":       paceline.CodeInvalidRequest,
	"invalid_prompt":        paceline.CodeInvalidRequest,

	"authentication_error": paceline.CodeAuth,
	"permission_error":     paceline.CodeAuth,
	"permission_denied":    paceline.CodeAuth,
	"PERMISSION_DENIED":    paceline.CodeAuth,
	"UNAUTHENTICATED":      paceline.CodeAuth,
	"NotFoundError":        paceline.CodeModelNotFound, // vLLM
}

func specific(name string) bool {
	_, ok := codes[name]
	return ok
}

// classify says what an error answer means. A structured code decides, then
// the status; words are looked at only where neither tells two cases apart
// whose consequences differ.
func classify(status int, b *errorBody, h http.Header) paceline.Code {
	for _, name := range []string{b.code, b.kind} {
		if code, ok := codes[name]; ok {
			return code
		}
	}
	switch {
	case b.perDay:
		return paceline.CodeQuota
	case status < 300 && b.number != 0:
		return byStatus(b.number, b, h)
	case status < 300:
		return byKind(b)
	}
	return byStatus(status, b, h)
}

// byKind classifies an error inside a 200 that has no number.
func byKind(b *errorBody) paceline.Code {
	for _, name := range []string{b.code, b.kind} {
		if code, ok := kinds[name]; ok {
			return code
		}
	}
	return paceline.CodeServer
}

func byStatus(status int, b *errorBody, h http.Header) paceline.Code {
	switch status {
	case 400, 422:
		return badRequest(b)
	case 401, 403:
		return paceline.CodeAuth
	case 402:
		return paceline.CodeQuota
	case 404:
		return notFound(b)
	case 407:
		return paceline.CodeProxy
	case 408, 409, 425, 499:
		return paceline.CodeServer
	case 413:
		return paceline.CodeTooLarge
	case 429:
		if noQuota(h) {
			return paceline.CodeQuota
		}
		return paceline.CodeThrottled
	case 498, 529:
		return paceline.CodeThrottled
	case 503:
		return unavailable(b)
	}
	switch {
	case status >= 500 || status < 300:
		return paceline.CodeServer
	case status < 400:
		return paceline.CodeRedirect
	}
	return paceline.CodeInvalidRequest
}

// badRequest tells a too long prompt, for which vLLM and others have no code,
// from other faults of an item.
func badRequest(b *errorBody) paceline.Code {
	if b.code == "" && contains(b.message, "maximum context length", "context length", "context window",
		"prompt is too long", "input token count", "exceeds the available context size") {
		return paceline.CodeContextTooLong
	}
	return paceline.CodeInvalidRequest
}

// notFound tells a model that is not there from a path that is not: Ollama,
// vLLM and OpenRouter have no code for it.
func notFound(b *errorBody) paceline.Code {
	if b.param == "model" || b.code == "" && contains(b.message, "model", "no endpoints found", "deployment") {
		return paceline.CodeModelNotFound
	}
	return paceline.CodeInvalidRequest
}

// unavailable tells a 503 that means a rate from one that means an outage.
func unavailable(b *errorBody) paceline.Code {
	if code, ok := kinds[b.kind]; ok && code == paceline.CodeThrottled {
		return code
	}
	if b.code == "" && contains(b.message, "rate limit", "rate-limit", "too many requests", "slow down") {
		return paceline.CodeThrottled
	}
	return paceline.CodeServer
}

// noQuota reports Mistral's way to say that an account has none: a limit of 0.
// (Azure's 0 under other names means unknown.)
func noQuota(h http.Header) bool {
	for _, name := range []string{"X-Ratelimit-Limit-Req-Minute", "X-Ratelimit-Limit-Tokens-Minute"} {
		if strings.TrimSpace(h.Get(name)) == "0" {
			return true
		}
	}
	return false
}

// contains reports whether a message has any of the phrases, in any case.
func contains(message string, phrases ...string) bool {
	message = strings.ToLower(message)
	for _, words := range phrases {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

// errorInFrame returns the error that a 200's body or chunk holds, or nil. Of a
// name that comes twice the last counts.
func errorInFrame(raw []byte) *paceline.Error {
	if !mayError(raw) {
		return nil
	}
	var inner, object, choices []byte
	for c := rawjson.Object(raw); c.Next(); {
		switch string(c.Key()) {
		case "error":
			inner = c.Value()
		case "object":
			object = c.Value()
		case "choices":
			choices = c.Value()
		}
	}
	if says(inner) {
		return frameError(inner, raw)
	}
	if saysError(object) {
		return frameError(raw, raw)
	}
	for c := rawjson.Array(choices); c.Next(); {
		if e := errorInChoice(c.Value(), raw); e != nil {
			return e
		}
	}
	return nil
}

// mayError reports whether errorInFrame has to look: what it looks for has this
// word, in letters or escaped.
func mayError(raw []byte) bool {
	return bytes.Contains(raw, []byte("error")) || bytes.IndexByte(raw, '\\') >= 0
}

// errorInChoice returns the error that one choice of a whole frame holds, or nil.
func errorInChoice(choice, whole []byte) *paceline.Error {
	var inner, reason []byte
	for c := rawjson.Object(choice); c.Next(); {
		switch string(c.Key()) {
		case "error":
			inner = c.Value()
		case "finish_reason":
			reason = c.Value()
		}
	}
	if says(inner) {
		return frameError(inner, whole)
	}
	if saysError(reason) {
		return frameError([]byte(`{"message":"the answer ended with finish_reason \"error\""}`), whole)
	}
	return nil
}

// saysError reports whether a value is the string "error".
func saysError(val []byte) bool {
	return string(val) == `"error"` || bytes.IndexByte(val, '\\') >= 0 && rawjson.Str(val) == "error"
}

// frameError classifies the error that a whole frame holds inside.
func frameError(inner, whole []byte) *paceline.Error {
	b := readErrorObject(inner)
	e := &paceline.Error{
		Code: classify(http.StatusOK, &b, nil), Message: b.message, ProviderCode: b.name(),
		Body: cutBody(whole), RetryAfter: b.retryDelay, Remote: true,
	}
	if e.Message == "" {
		e.Message = "the server reported an error inside its answer"
	}
	beyondLimit(e)
	return e
}

const maxErrorBody = 64 << 10

func cutBody(raw []byte) []byte {
	return append([]byte(nil), raw[:min(len(raw), maxErrorBody)]...)
}

// statusError makes the error of an answer whose status is not 2xx.
func statusError(status int, h http.Header, body []byte) *paceline.Error {
	b := readErrorBody(body)
	e := &paceline.Error{
		Code: classify(status, &b, h), Message: b.message, Status: status, ProviderCode: b.name(),
		RequestID: requestID(h), Body: body, Header: h, Remote: true,
		RetryAfter: retryAfter(h), Hint: hint(h),
	}
	if e.RetryAfter == 0 {
		e.RetryAfter = b.retryDelay
	}
	if e.Message == "" {
		e.Message = plainMessage(status, h, body)
	}
	beyondLimit(e)
	return e
}

// plainMessage says what can be said of an answer that is no JSON.
func plainMessage(status int, h http.Header, body []byte) string {
	if status >= 300 && status < 400 {
		return "redirects are refused: the key would be sent on to another address"
	}
	if body = rawjson.Trim(body); len(body) == 0 {
		return or(http.StatusText(status), "an answer without a body")
	}
	const snippet = 200
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return "an answer of type " + or(kind, "unknown") + ": " + string(body[:min(len(body), snippet)])
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
