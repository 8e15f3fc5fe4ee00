package runs

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/inspect"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/tamed"
	"github.com/seed-1814a72b/paceline/journal"
)

// findings writes what was found, for people or as JSON.
type findings struct {
	w    *bufio.Writer
	json bool
}

// object writes a JSON object on a line. What a terminal would act upon stands
// in it as an escape.
func (out *findings) object(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = out.w.Write(append(tameJSON(b), '\n'))
	return err
}

// line writes a line of text.
func (out *findings) line(format string, args ...any) error {
	_, err := out.w.WriteString(tamed.Text(fmt.Sprintf(format, args...)) + "\n")
	return err
}

// tameJSON returns JSON that means the same, without characters that a terminal
// acts upon: they can stand in strings only.
func tameJSON(b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if r, n := utf8.DecodeRune(b[i:]); tamed.Acts(r) && n > 0 {
			return escaped(b, i)
		}
	}
	return b
}

// escaped is b with an escape for each character from the i-th byte on that acts.
func escaped(b []byte, i int) []byte {
	out := append(make([]byte, 0, len(b)+16), b[:i]...)
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if tamed.Acts(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
	return out
}

// foundRequest is a request as JSON.
type foundRequest struct {
	Index            int64      `json:"index"`
	Brought          bool       `json:"brought_row"`
	Cause            *string    `json:"cause"`
	Started          *time.Time `json:"started"`
	FirstToken       *float64   `json:"ttft_ms"`
	Total            *float64   `json:"total_ms"`
	HTTP             *int       `json:"http"`
	Bytes            int64      `json:"bytes"`
	Endpoint         *string    `json:"endpoint"`
	Model            *string    `json:"model"`
	RequestID        *string    `json:"request_id"`
	Hedge            bool       `json:"hedge"`
	Message          *string    `json:"message"`
	PromptTokens     *int64     `json:"prompt_tokens"`
	CompletionTokens *int64     `json:"completion_tokens"`
	CostUSD          *float64   `json:"cost_usd"`
}

func newFoundRequest(r *inspect.Request) foundRequest {
	f := foundRequest{
		Index: r.Index, Brought: r.Brought, Started: moment(r.Trip.Started),
		FirstToken: millis(r.Trip.FirstToken), Total: millis(r.Trip.Total),
		HTTP: known(r.Trip.HTTP, 0), Bytes: r.Trip.Bytes, Endpoint: known(r.Trip.Endpoint, ""), Model: known(r.Trip.Model, ""),
		RequestID: known(r.Trip.RequestID, ""), Hedge: r.Trip.Hedge, Message: known(r.Trip.Message, ""),
		PromptTokens: known(r.Used.PromptTokens, journal.Unknown), CompletionTokens: known(r.Used.CompletionTokens, journal.Unknown),
		CostUSD: usd(r.Used.Cost),
	}
	if !r.Accepted() {
		f.Cause = known(r.Code.String(), "")
	}
	return f
}

// foundItem is an item with its row as JSON.
type foundItem struct {
	Index            int64      `json:"index"`
	Status           string     `json:"status"`
	Cause            *string    `json:"cause"`
	Started          *time.Time `json:"started"`
	Took             *float64   `json:"took_ms"`
	Requests         int64      `json:"requests"`
	Attempts         int64      `json:"attempts"`
	FirstToken       *float64   `json:"ttft_ms"`
	Total            *float64   `json:"total_ms"`
	PromptTokens     *int64     `json:"prompt_tokens"`
	CompletionTokens *int64     `json:"completion_tokens"`
	CostUSD          *float64   `json:"cost_usd"`
	HTTP             *int       `json:"http"`
	RequestID        *string    `json:"request_id"`
	Message          *string    `json:"message"`
}

func newFoundItem(e *journal.Entry) foundItem {
	f := foundItem{
		Index: e.Index, Status: paceline.Status(e.Status).String(), Started: moment(e.Started), Took: millis(inspect.Took(e)),
		Requests: e.Requests, Attempts: e.Attempts, FirstToken: millis(e.FirstToken), Total: millis(e.Total),
		PromptTokens: known(e.PromptTokens, journal.Unknown), CompletionTokens: known(e.CompletionTokens, journal.Unknown), CostUSD: usd(e.Cost),
		HTTP: known(e.Trip.HTTP, 0), RequestID: known(e.Trip.RequestID, ""), Message: known(e.Trip.Message, ""),
	}
	if e.Status != journal.Done {
		f.Cause = known(paceline.Code(e.Code).String(), "")
	}
	return f
}

// foundItems are some items as JSON.
func foundItems(entries []journal.Entry) []foundItem {
	list := make([]foundItem, len(entries))
	for i := range entries {
		list[i] = newFoundItem(&entries[i])
	}
	return list
}

// moment returns t as it stands in JSON, nil for one that is not known.
func moment(t time.Time) *time.Time { return known(t.UTC().Truncate(time.Millisecond), time.Time{}) }

// known returns what is known, nil for what says that it is not.
func known[T comparable](v, not T) *T {
	if v == not {
		return nil
	}
	return &v
}

// millis returns d in milliseconds, nil for one that is not known.
func millis(d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	ms := math.Round(d.Seconds()*1e6) / 1e3
	return &ms
}

// usd returns billionths of a dollar in dollars, nil for an unknown amount.
func usd(nanos int64) *float64 {
	if nanos < 0 {
		return nil
	}
	return &[]float64{price.Nano(nanos).USD}[0]
}
