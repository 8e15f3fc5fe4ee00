package witness

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-1814a72b/paceline/sim"
)

func TestAnswersAreThoseThatWereGiven(t *testing.T) {
	ledger := &sim.Ledger{Records: []sim.Record{
		{RequestID: "req-1", AnswerID: "a-1", Body: `{"content":"item-1 is here"}`, Content: "one\ufffd", Complete: true},
		{RequestID: "req-2", AnswerID: "a-2", Body: `{"content":"item-2 is here"}`, Content: "tw"},
	}}
	answers := AnswersOf(ledger)
	for row, want := range map[string]string{
		`{"text":"item-1 is here","llm":{"response":"one","request_id":"req-1"}}`:         "",
		`{"text":"item-1 is here","llm":{"response":"one\ud800","request_id":"a-1"}}`:     "",
		`{"text":"item-2 is here","llm":{"response":"tw","request_id":"req-2"}}`:          "",
		`{"text":"item-2 is here","llm":{"response":"tw","request_id":"a-2"}}`:            `nobody gave the answer "tw"`,
		`{"text":"item-1 is here","llm":{"response":"one","request_id":"req-3"}}`:         `nobody gave the answer "one"`,
		`{"text":"item-2 is here","llm":{"response":"one","request_id":"req-1"}}`:         `the answer is one to {"content":"item-1 is here"}`,
		`{"text":"item-1 is here","llm":{"response":"another one","request_id":"req-1"}}`: `the answer is "another one" and was "one` + "\ufffd" + `"`,
	} {
		rec, err := answers.Of(row)
		if err == nil && (want != "" || rec == nil) || err != nil && err.Error() != want {
			t.Errorf("%s: %v, %v, want %q", row, rec, err, want)
		}
	}
}

func TestFilesThatTellASecretAreNamed(t *testing.T) {
	folder := t.TempDir()
	told := filepath.Join(folder, "below", "told.log")
	if err := os.Mkdir(filepath.Dir(told), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{told: "Bearer sk-1", filepath.Join(folder, "kept.log"): "Bearer [key]"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Telling(folder, "sk-1"); err != nil || !slices.Equal(got, []string{told}) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := Telling(filepath.Join(folder, "nowhere"), "sk-1"); err == nil {
		t.Error("a folder that is not there tells nothing, and that is no error")
	}
}
