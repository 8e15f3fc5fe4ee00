// Package witness holds what a run has written against what the simulated
// provider saw, for the tests that judge a run from outside: whatever broke in
// between, each answer was given, to the item that has it, and the key is
// nowhere.
package witness

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/sim"
)

// Answers are the records of a ledger by the ids under which rows name them.
type Answers map[string]*sim.Record

// AnswersOf returns those of a ledger that kept its requests ([sim.Config]'s
// KeepRequests). They share its memory.
func AnswersOf(ledger *sim.Ledger) Answers {
	answers := Answers{}
	for i := range ledger.Records {
		rec := &ledger.Records[i]
		answers[rec.RequestID] = rec
		if rec.Complete {
			answers[rec.AnswerID] = rec // where a fault left out the header; the same body gets the same answer
		}
	}
	return answers
}

// Of returns the record of the answer that a row has, or an error: nobody gave
// it, it was given to another item, or it was another one. The item's "text"
// stands in its prompt.
func (a Answers) Of(row string) (*sim.Record, error) {
	found := gjson.GetMany(row, "text", "llm.response", "llm.request_id")
	text, answer := found[0].String(), found[1].String()
	switch rec := a[found[2].String()]; {
	case rec == nil:
		return nil, fmt.Errorf("nobody gave the answer %q", answer)
	case !strings.Contains(rec.Body, text):
		return nil, fmt.Errorf("the answer is one to %s", rec.Body)
	case ascii(rec.Content) != ascii(answer):
		return nil, fmt.Errorf("the answer is %q and was %q", answer, rec.Content)
	default:
		return rec, nil
	}
}

// ascii leaves out what faults put into answers and the ledger's JSON cannot
// hold: bytes that are not UTF-8, halves of surrogates.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 {
			return -1
		}
		return r
	}, s)
}
