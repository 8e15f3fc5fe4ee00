package openai

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// An errorBody is what an error answer says, whatever shape its server gives
// it.
type errorBody struct {
	message string
	code    string // the structured code, "" if none; a number is not one
	kind    string // error.type, or Google's error.status
	param   string
	number  int // the code when it is an HTTP status as a number, else 0

	retryDelay time.Duration // google.rpc.RetryInfo
	perDay     bool          // google.rpc.QuotaFailure of a daily quota
}

// readErrorBody finds the error in a body: {"error": {...}}, {"error": "text"},
// the same in a list (Gemini), the fields at the top (vLLM, Mistral), or
// {"detail": ...} (FastAPI). Anything else gives the zero value.
func readErrorBody(body []byte) errorBody {
	body = rawjson.Trim(body)
	if len(body) == 0 || !json.Valid(body) {
		return errorBody{}
	}
	if list := rawjson.Array(body); list.Next() {
		body = list.Value()
	}
	if inner := rawjson.Get(body, "error"); says(inner) {
		b := readErrorObject(inner)
		if b.message == "" {
			b.message = rawjson.Str(rawjson.Get(body, "message"))
		}
		return b
	}
	return readErrorObject(body)
}

// readErrorObject reads the object, or the bare text, that describes an error.
func readErrorObject(raw []byte) errorBody {
	if len(raw) > 0 && raw[0] == '"' {
		return errorBody{message: rawjson.Str(raw)}
	}
	b := errorBody{
		message: text(rawjson.Get(raw, "message")),
		kind:    rawjson.Str(rawjson.Get(raw, "type")),
		param:   rawjson.Str(rawjson.Get(raw, "param")),
	}
	if b.message == "" {
		b.message = text(rawjson.Get(raw, "detail"))
	}
	if b.kind == "" || b.kind == "error" {
		b.kind = rawjson.Str(rawjson.Get(raw, "status"))
	}
	b.setCode(rawjson.Get(raw, "code"))
	if inner := rawjson.Str(rawjson.Path(raw, "innererror", "code")); inner != "" && !specific(b.code) {
		b.code = inner // Azure
	}
	b.readDetails(rawjson.Get(raw, "details"))
	return b
}

// setCode takes a code: a name, or an HTTP status as vLLM and OpenRouter have it.
func (b *errorBody) setCode(raw []byte) {
	name := rawjson.Str(raw)
	if name == "" {
		name = string(raw)
	}
	n, err := strconv.Atoi(name)
	switch {
	case err == nil && n >= 300 && n <= 599:
		b.number = n
	case err != nil && name != "null":
		b.code = name
	}
}

func (b *errorBody) readDetails(raw []byte) {
	for c := rawjson.Array(raw); c.Next(); {
		switch kind := rawjson.Str(rawjson.Get(c.Value(), "@type")); {
		case strings.HasSuffix(kind, "google.rpc.RetryInfo"):
			b.retryDelay = googleDuration(rawjson.Get(c.Value(), "retryDelay"))
		case strings.HasSuffix(kind, "google.rpc.QuotaFailure"):
			for v := rawjson.Array(rawjson.Get(c.Value(), "violations")); v.Next(); {
				id := rawjson.Str(rawjson.Get(v.Value(), "quotaId"))
				b.perDay = b.perDay || strings.Contains(id, "PerDay")
			}
		}
	}
}

// name returns the provider's own code, or its type, or its number.
func (b *errorBody) name() string {
	switch {
	case b.code != "":
		return b.code
	case b.kind != "":
		return b.kind
	case b.number != 0:
		return strconv.Itoa(b.number)
	}
	return ""
}

// says reports whether an "error" member is one: null, false, "" and {} are not.
func says(raw []byte) bool {
	switch string(raw) {
	case "", "null", "false", `""`, "{}", "[]":
		return false
	}
	return true
}

// text returns a string decoded and any other value as it stands.
func text(raw []byte) string {
	if rawjson.Null(raw) || raw[0] == '"' {
		return rawjson.Str(raw)
	}
	return string(raw)
}
