package dataset

import (
	"errors"
	"strconv"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// maxErrorText is how much of a provider's body that is not JSON, such as an
// HTML page, is kept in a row.
const maxErrorText = 2 << 10

// failure returns a failed result's error, made from the item's own if the
// engine gave none.
func failure(r *paceline.Result) *paceline.Error {
	switch {
	case r.Err != nil:
		return r.Err
	case r.Item.Err != nil:
		return &paceline.Error{Code: paceline.CodeBadItem, Err: r.Item.Err}
	case r.Status == paceline.StatusInvalid:
		return &paceline.Error{Code: paceline.CodeInvalidAnswer, Message: "the answer was not accepted"}
	}
	return &paceline.Error{Message: "no reason was given"}
}

// appendError appends an error as the object that a row holds: code, message,
// status, attempts, and where the provider gave them its own code and body.
func appendError(dst []byte, e *paceline.Error) []byte {
	dst = appendReason(dst, e)
	dst = append(dst, `,"status":`...)
	if e.Status == 0 {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendInt(dst, int64(e.Status), 10)
	}
	dst = append(dst, `,"attempts":`...)
	dst = strconv.AppendInt(dst, int64(e.Attempts), 10)
	if e.Endpoint != "" {
		dst = append(dst, `,"endpoint":`...)
		dst = jsontext.Append(dst, e.Endpoint)
	}
	if e.ProviderCode != "" {
		dst = append(dst, `,"provider_code":`...)
		dst = jsontext.Append(dst, e.ProviderCode)
	}
	if len(e.Body) > 0 {
		dst = append(dst, `,"body":`...)
		dst = appendBody(dst, e.Body)
	}
	return append(dst, '}')
}

// appendReason appends the open object of an error's code and message.
func appendReason(dst []byte, e *paceline.Error) []byte {
	dst = append(dst, `{"code":"`...)
	dst = append(dst, e.Code.String()...)
	dst = append(dst, `","message":`...)
	message := e.Message
	if message == "" && e.Err != nil {
		message = e.Err.Error()
	}
	return jsontext.Append(dst, message)
}

// appendBody appends an error's body: JSON as it is, else its beginning as a
// string.
func appendBody(dst, body []byte) []byte {
	if !jsonscan.Valid(body) {
		body = clip(body, maxErrorText)
	}
	return appendJSON(dst, body)
}

func asLineError(err error) (*LineError, bool) { return errors.AsType[*LineError](err) }
