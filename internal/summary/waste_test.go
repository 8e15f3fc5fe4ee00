package summary

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline"
	wastes "github.com/seed-1814a72b/paceline/internal/waste"
	"github.com/seed-1814a72b/paceline/journal"
)

func TestWasteByCause(t *testing.T) {
	var now, before journal.Account
	free := journal.Used{}
	unknown := journal.Used{PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: journal.Unknown}
	paid := journal.Used{PromptTokens: 10, CompletionTokens: 5, Cost: 2_000_000}
	now.Answer(paid)
	now.Waste(uint8(paceline.CodeThrottled), free)
	now.Waste(uint8(paceline.CodeServer), free)
	now.Waste(uint8(paceline.CodeFirstToken), unknown)
	now.Waste(uint8(paceline.CodeTimeout), paid)
	now.Waste(uint8(paceline.CodeInvalidAnswer), paid)
	now.Waste(uint8(paceline.CodeContextTooLong), free)
	before.Answer(unknown)
	before.Waste(uint8(paceline.CodeOutrun), unknown)
	before.Waste(uint8(paceline.CodeCut), unknown)
	before.Waste(uint8(paceline.CodeLocal), free)
	answered, w := newWaste(Earlier{account: before, lost: 2}, paceline.Summary{Account: now, Lost: 1})
	if answered.Requests != 2 || answered.PromptTokens != nil || answered.CostUSD != nil {
		t.Errorf("answered: %+v; what is not known of one is not known of all", answered)
	}
	got := map[string]string{}
	for _, c := range w.Causes {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		got[c.Cause] = string(b)
	}
	for cause, want := range map[string]string{
		"throttled":           `{"cause":"throttled","requests":1,"prompt_tokens":0,"completion_tokens":0,"cost_usd":0}`,
		"retried":             `{"cause":"retried","requests":1,"prompt_tokens":0,"completion_tokens":0,"cost_usd":0}`,
		"timed_out":           `{"cause":"timed_out","requests":2,"prompt_tokens":null,"completion_tokens":null,"cost_usd":null}`,
		"invalid":             `{"cause":"invalid","requests":1,"prompt_tokens":10,"completion_tokens":5,"cost_usd":0.002}`,
		"refused":             `{"cause":"refused","requests":1,"prompt_tokens":0,"completion_tokens":0,"cost_usd":0}`,
		"hedge_losers":        `{"cause":"hedge_losers","requests":1,"prompt_tokens":null,"completion_tokens":null,"cost_usd":null}`,
		"cut":                 `{"cause":"cut","requests":1,"prompt_tokens":null,"completion_tokens":null,"cost_usd":null}`,
		"unsent":              `{"cause":"unsent","requests":1,"prompt_tokens":0,"completion_tokens":0,"cost_usd":0}`,
		"possibly_paid_twice": `{"cause":"possibly_paid_twice","requests":3,"prompt_tokens":null,"completion_tokens":null,"cost_usd":null}`,
	} {
		if got[cause] != want {
			t.Errorf("%s is %s, want %s", cause, got[cause], want)
		}
	}
	if w.Requests != 12 || len(got) != 9 || w.Causes[0].Cause != "possibly_paid_twice" {
		t.Errorf("%d requests, %v", w.Requests, got)
	}
	if text := w.String(); !strings.HasPrefix(text, "3 without a known end   2 timed out   ") || !strings.HasSuffix(text, "   $0.004 and 6 requests of unknown cost") {
		t.Errorf("in words: %s", text)
	}
	w.known.Cost = 0
	if text := w.String(); !strings.HasSuffix(text, "   6 requests of unknown cost") {
		t.Errorf("with no price known at all: %s", text)
	}
	if _, none := newWaste(Earlier{}, paceline.Summary{}); none.String() != "" || none.CostUSD == nil || *none.CostUSD != 0 {
		t.Errorf("nothing wasted: %+v", none)
	}
}

func TestWasteOfEachCode(t *testing.T) {
	for _, c := range []struct {
		code  paceline.Code
		cause string
	}{
		{paceline.CodeAuth, wastes.Refused}, {paceline.CodeStall, wastes.TimedOut}, {paceline.CodeConnection, wastes.Retried},
		{paceline.CodeMalformed, wastes.Retried}, {paceline.CodeTooLong, wastes.Refused}, {paceline.CodeUnknown, wastes.Unknown},
		{paceline.CodeCanceled, wastes.Lost},
	} {
		var a journal.Account
		a.Waste(uint8(c.code), journal.Used{})
		if _, w := newWaste(Earlier{account: a}, paceline.Summary{}); len(w.Causes) != 1 || w.Causes[0].Cause != c.cause {
			t.Errorf("%v counts in %+v, want %s", c.code, w.Causes, c.cause)
		}
	}
}
