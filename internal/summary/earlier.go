package summary

import (
	"github.com/seed-1814a72b/paceline"
	wastes "github.com/seed-1814a72b/paceline/internal/waste"
	"github.com/seed-1814a72b/paceline/journal"
)

// EarlierOf returns what a journal holds as the summary counts it.
func EarlierOf(rec journal.Recovery) Earlier {
	t := rec.Totals
	return Earlier{
		done: rec.Done, Failed: rec.Failed, Invalid: rec.Invalid,
		Truncated: rec.Truncated, Filtered: rec.Filtered, Refused: rec.Refused,
		Requests: t.Requests + t.Lost,
		Usage:    paceline.Usage{Prompt: t.PromptTokens, Completion: t.CompletionTokens, Known: true},
		Cost:     paceline.Cost{USD: float64(t.Cost) / 1e9, Known: t.Unpriced == 0 || wastes.Priced(rec.Account)},
		account:  rec.Account,
		lost:     t.Lost,
	}
}

// Earlier is what sessions before this one left in the journal.
type Earlier struct {
	done, Failed, Invalid        int64
	Truncated, Filtered, Refused int64
	Requests                     int64
	Usage                        paceline.Usage
	Cost                         paceline.Cost
	account                      journal.Account
	lost                         int64
}

// Rows counts the items that have a row.
func (e Earlier) Rows() int64 { return e.done + e.NotDone() }

// NotDone counts the items whose row has no accepted answer.
func (e Earlier) NotDone() int64 {
	return e.Failed + e.Invalid + e.Truncated + e.Filtered + e.Refused
}
