package dataset

import (
	"fmt"
	"strconv"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// AppendBatch appends r as one OpenAI Batch output line, without a newline at
// its end. Its custom_id is the item's ID, or "item-<index>" if it has none.
// A failed item has the server's refusal as its response, with its status, or
// else a null response and an error; an answer that was never accepted has
// both the response and the error.
func AppendBatch(dst []byte, r *paceline.Result) []byte {
	dst = fmt.Appendf(dst, `{"id":"batch_req_%016x","custom_id":`, r.Item.Index)
	if r.Item.ID == "" {
		dst = fmt.Appendf(dst, `"item-%d"`, r.Item.Index)
	} else {
		dst = jsontext.Append(dst, r.Item.ID)
	}
	dst = append(dst, `,"response":`...)
	if r.Status == paceline.StatusDone {
		dst = appendEnvelope(dst, r.Response)
		return append(dst, `,"error":null}`...)
	}
	e := failure(r)
	if r.Response == nil && refused(e) {
		dst = appendRefusal(dst, e)
		return append(dst, `,"error":null}`...)
	}
	dst = appendEnvelope(dst, r.Response)
	dst = append(dst, `,"error":`...)
	return append(appendReason(dst, e), "}}"...)
}

// refused reports whether e is a server's answer that stands for itself.
func refused(e *paceline.Error) bool { return e.Remote && e.Status >= 300 }

func appendEnvelope(dst []byte, resp *paceline.Response) []byte {
	if resp == nil {
		return append(dst, "null"...)
	}
	status := resp.Status
	if status == 0 {
		status = 200
	}
	return appendHTTP(dst, status, resp.RequestID, resp.Body)
}

func appendRefusal(dst []byte, e *paceline.Error) []byte {
	body := e.Body
	if !jsonscan.Valid(body) {
		body = append(append([]byte(`{"error":`), appendReason(nil, e)...), "}}"...)
	}
	return appendHTTP(dst, e.Status, e.RequestID, body)
}

func appendHTTP(dst []byte, status int, id string, body []byte) []byte {
	dst = append(dst, `{"status_code":`...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, `,"request_id":`...)
	dst = jsontext.Append(dst, id)
	dst = append(dst, `,"body":`...)
	dst = appendJSON(dst, body)
	return append(dst, '}')
}

// AppendResponse appends the response's body on one line, without a newline at
// its end. A failed item's line is {"error": {...}, "index": n}; one whose
// answer was never accepted has its last body there too, as "response".
func AppendResponse(dst []byte, r *paceline.Result) []byte {
	if r.Status == paceline.StatusDone && r.Response != nil {
		return appendJSON(dst, r.Response.Body)
	}
	dst = append(dst, `{"error":`...)
	dst = appendError(dst, failure(r))
	dst = append(dst, `,"index":`...)
	dst = strconv.AppendInt(dst, r.Item.Index, 10)
	if r.Response != nil {
		dst = append(dst, `,"response":`...)
		dst = appendJSON(dst, r.Response.Body)
	}
	return append(dst, '}')
}
