package waste

import (
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

func TestCausesAddUpMostRequestsFirst(t *testing.T) {
	var a journal.Account
	a.Answer(journal.Used{PromptTokens: 10, CompletionTokens: 1, Cost: 5})
	for range 3 {
		a.Waste(uint8(paceline.CodeThrottled), journal.Used{})
	}
	a.Waste(uint8(paceline.CodeServer), journal.Used{PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: journal.Unknown})
	a.Waste(uint8(paceline.CodeConnection), journal.Used{Cost: 2})
	list, all := Causes(a, 1)
	got := map[string]int64{}
	for _, c := range list {
		got[c.Name] = c.Requests
	}
	if list[0].Name != Throttled || got[Throttled] != 3 || got[Retried] != 2 || got[Lost] != 1 || len(got) != 3 {
		t.Errorf("%v", got)
	}
	if all.Requests != 6 || all.Unpriced != 2 || all.Cost != 2 {
		t.Errorf("all: %+v", all)
	}
}

func TestEveryCodeHasACauseThatHasWords(t *testing.T) {
	for c := paceline.CodeUnknown; c <= paceline.CodeOutrun; c++ {
		if Words(Of(c)) == "" {
			t.Errorf("%v has none", c)
		}
	}
}

func TestPricedAsksOfAnswersAlone(t *testing.T) {
	var (
		told    = journal.Used{PromptTokens: 10, CompletionTokens: 1, Cost: 5}
		noPrice = journal.Used{PromptTokens: 10, CompletionTokens: 1, Cost: journal.Unknown}
		silent  = journal.Used{PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: journal.Unknown}
	)
	for name, c := range map[string]struct {
		accepted journal.Used
		code     paceline.Code
		other    journal.Used
		want     bool
	}{
		"nothing but answers with a price": {told, paceline.CodeInvalidAnswer, told, true},
		"a connection that was cut":        {told, paceline.CodeCut, silent, true},
		"the loser of a hedge":             {told, paceline.CodeOutrun, silent, true},
		"an answer without a price":        {noPrice, paceline.CodeThrottled, journal.Used{}, false},
		"one that told no usage":           {silent, paceline.CodeThrottled, journal.Used{}, false},
		"one not accepted, no price":       {told, paceline.CodeInvalidAnswer, noPrice, false},
		"one not accepted, no usage":       {told, paceline.CodeTruncated, silent, false},
		"a loser that told its usage":      {told, paceline.CodeOutrun, noPrice, false},
	} {
		var a journal.Account
		a.Answer(c.accepted)
		a.Waste(uint8(c.code), c.other)
		if got := Priced(a); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
