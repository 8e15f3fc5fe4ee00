package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/journal"
)

// refuseForeign refuses an output that has no journal and that this program
// cannot have written: nobody's notes are to be taken for rows, or deleted.
func (s *session) refuseForeign(ctx context.Context) error {
	if s.target.toStdout || s.target.held == 0 || s.hasJournal() {
		return nil
	}
	it, err := firstItem(ctx, s.target.path)
	if errors.Is(err, fs.ErrPermission) || err == nil && isRow(it.Raw) {
		return nil
	}
	return fmt.Errorf("%s is not an output of paceline (its first line is not a row); choose another -o", s.target.path)
}

func firstItem(ctx context.Context, path string) (paceline.Item, error) {
	in, err := dataset.Open([]string{path}, dataset.Options{Format: dataset.FormatJSONL, Strict: true})
	if err != nil {
		return paceline.Item{}, err
	}
	defer in.Close()
	return in.Next(ctx)
}

// isRow reports whether a line may be a row in any of the formats.
func isRow(line []byte) bool {
	if _, err := dataset.ParseRow(line); err == nil {
		return true
	}
	has := func(name string) bool { return gjson.GetBytes(line, name).Exists() }
	batch := has("custom_id") && has("response")
	response := has("object") || has("choices") || has("error") && has("index")
	return batch || response
}

// adopt makes a lost or damaged journal anew from the rows, if that was asked
// for. Lines that are no rows are set aside, and their items sent again.
func (s *session) adopt(ctx context.Context, o journal.Options, why *journal.Error) (*journal.Journal, error) {
	what := s.target.path + ": holds rows without a journal"
	if why.Code == journal.CodeCorrupt {
		damage := *why
		damage.Remedy = ""
		what = damage.Error()
	}
	if s.flags.format != "jsonl" {
		return nil, fmt.Errorf("%s; from rows of --format %s it cannot be made anew: --fresh deletes them, -o names another file",
			what, s.flags.format)
	}
	if !s.flags.allowChanges {
		return nil, fmt.Errorf("%s; --allow-changes makes the journal anew from the rows, "+
			"--fresh deletes them, -o names another file", what)
	}
	found, err := journal.Rebuild(ctx, s.target.path, journal.RebuildOptions{Options: o, Parse: rowEntry, SetAside: true})
	if err != nil {
		return nil, err
	}
	s.say("made the journal of %s anew from its %s", s.target.path, numeral.Counted(found.Rows, "row"))
	if found.Rejected > 0 {
		s.say("%s could not be kept (no row, or an item's second one) and went to %s; items without a row are sent again",
			numeral.Counted(found.Rejected, "line"), found.RejectedFile)
	}
	return journal.Open(s.target.path, o)
}

// rowEntry reads back what a row says for the journal.
func rowEntry(row []byte) (journal.Entry, error) {
	r, err := dataset.ParseRow(row)
	if err != nil {
		return journal.Entry{}, err
	}
	e := journal.Entry{
		Index: r.Index, Status: journal.Status(r.Status), Requests: int64(r.Requests),
		FirstToken: r.FirstToken, Total: r.Total,
		PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: journal.Unknown,
	}
	if r.Usage.Known {
		e.PromptTokens, e.CompletionTokens = r.Usage.Prompt, r.Usage.Completion
	}
	if r.Cost.Known {
		e.Cost = int64(r.Cost.USD*1e9 + 0.5)
	}
	e.Brought = journal.Used{PromptTokens: e.PromptTokens, CompletionTokens: e.CompletionTokens, Cost: e.Cost}
	if r.Requests > 1 { // what the last of them used, the row does not tell
		e.Brought = journal.Used{PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: journal.Unknown}
	}
	if r.Error != nil {
		e.Code, e.Attempts = uint8(paceline.CodeNamed(r.Error.Code)), int64(r.Error.Attempts)
	}
	return e, nil
}
