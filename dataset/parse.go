package dataset

import (
	"errors"
	"time"

	"github.com/tidwall/gjson"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
)

// A Row is what [ParseRow] finds in a row: enough to rebuild a journal that
// was lost.
type Row struct {
	Index        int64
	Status       paceline.Status
	Requests     int
	Usage        paceline.Usage // prompt and completion tokens
	Cost         paceline.Cost
	FirstToken   time.Duration // 0 if none
	Total        time.Duration // 0 if none
	FinishReason string
	Model        string
	RequestID    string
	Error        *RowError // nil if done
}

// A RowError is the error of a row. Its code is a [paceline.Code]'s name.
type RowError struct {
	Code     string
	Message  string
	Status   int // 0 if there was no HTTP status
	Attempts int
}

// ParseRow reads what [AppendRow] wrote. A line that is not a whole row is an
// error.
func ParseRow(row []byte) (Row, error) {
	if !jsonscan.Valid(row) {
		return Row{}, errors.New("not a row: invalid JSON")
	}
	index := gjson.GetBytes(row, "index")
	llm := gjson.GetBytes(row, "llm")
	if index.Type != gjson.Number || !llm.IsObject() {
		return Row{}, errors.New(`not a row: "index" or "llm" is missing`)
	}
	r := Row{
		Index:        index.Int(),
		Requests:     int(llm.Get("requests").Int()),
		FirstToken:   millis(llm.Get("ttft_ms")),
		Total:        millis(llm.Get("total_ms")),
		FinishReason: llm.Get("finish_reason").String(),
		Model:        llm.Get("model").String(),
		RequestID:    llm.Get("request_id").String(),
	}
	if u := llm.Get("usage"); u.IsObject() {
		r.Usage = paceline.Usage{Known: true,
			Prompt: u.Get("prompt_tokens").Int(), Completion: u.Get("completion_tokens").Int()}
	}
	if c := llm.Get("cost_usd"); c.Type == gjson.Number {
		r.Cost = paceline.Cost{USD: c.Float(), Known: true}
	}
	r.fail(llm.Get("error"))
	return r, nil
}

func (r *Row) fail(e gjson.Result) {
	if !e.IsObject() {
		return
	}
	r.Error = &RowError{
		Code:     e.Get("code").String(),
		Message:  e.Get("message").String(),
		Status:   int(e.Get("status").Int()),
		Attempts: int(e.Get("attempts").Int()),
	}
	r.Status = paceline.CodeNamed(r.Error.Code).Status()
}

func millis(v gjson.Result) time.Duration {
	return time.Duration(v.Float()*1000+0.5) * time.Microsecond
}
