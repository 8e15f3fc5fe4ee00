package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/identity"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/journal"
)

// begin surveys the input and opens the journal: everything that can be wrong
// before a cent is spent is found here. An output that has a journal is opened
// first, so that each item can be compared with what it was; one that has none
// is left alone until the input is known to be good.
func (s *session) begin(ctx context.Context) error {
	if s.target.toStdout {
		return s.look(ctx, nil)
	}
	if s.flags.fresh || !s.hasJournal() {
		if err := s.look(ctx, nil); err != nil {
			return err
		}
		if err := s.startOver(); err != nil {
			return err
		}
		return s.openNew(ctx)
	}
	if err := s.openJournal(ctx); err != nil {
		return err
	}
	if err := s.compare(ctx); err != nil {
		return errors.Join(err, s.journal.Close())
	}
	return nil
}

// openNew opens an output that had no journal. Rows whose journal was lost may
// have failed, too.
func (s *session) openNew(ctx context.Context) error {
	err := s.openJournal(ctx)
	if err != nil {
		return err
	}
	if err = s.findFailed(); err == nil {
		err = s.takeBack(ctx)
	}
	if err != nil {
		return errors.Join(err, s.journal.Close())
	}
	return nil
}

func (s *session) hasJournal() bool {
	_, err := s.env.Stat(filepath.Join(journal.Dir(s.target.path), "journal"))
	return err == nil
}

// startOver deletes an earlier run for --fresh, once the user agrees.
func (s *session) startOver() error {
	if !s.flags.fresh || s.target.held == 0 && !s.hasJournal() {
		return nil
	}
	if !s.flags.yes {
		if err := s.confirm(); err != nil {
			return err
		}
	}
	return journal.Remove(s.target.path)
}

// confirm asks on a terminal whether to delete the rows.
func (s *session) confirm() error {
	if s.flags.LogFormat == "json" || !s.env.StdinTerminal || !s.env.StderrTerminal {
		return fmt.Errorf("--fresh deletes the rows in %s; add --yes to do so without a question", s.target.path)
	}
	fmt.Fprintf(s.env.Stderr, "%s holds %s of rows, which were paid for. Delete them and start over? [y/N] ",
		s.target.path, numeral.Bytes(s.target.held))
	answer, _ := bufio.NewReader(s.env.Stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was deleted, and nothing was sent")
}

// openJournal opens or creates the journal, and says what it holds.
func (s *session) openJournal(ctx context.Context) error {
	o := journal.Options{Identity: s.identity().Encode(), SyncEvery: s.flags.sync, NoSync: s.flags.sync < 0}
	o.RoomWait = s.flags.diskWait
	o.SyncEvery = max(o.SyncEvery, 0) // off: rows are written as by default
	j, err := journal.Open(s.target.path, o)
	e, ok := errors.AsType[*journal.Error](err)
	switch {
	case ok && (e.Code == journal.CodeNoJournal || e.Code == journal.CodeCorrupt):
		j, err = s.adopt(ctx, o, e)
	case ok && e.Code == journal.CodeOutput && s.target.held == 0 && s.hasJournal():
		err = fmt.Errorf("%w (--fresh does)", err)
	case ok && e.Code == journal.CodeIO:
		err = fmt.Errorf("%w; nothing was sent", err)
	}
	if err != nil {
		return err
	}
	rec := j.Recovered()
	if err := s.flags.checkSpent(&rec); err != nil {
		return errors.Join(err, j.Close())
	}
	s.journal = j
	s.before, s.doubts = summary.EarlierOf(rec), newDoubts(&rec)
	return nil
}

// compare refuses to continue a run that asks something else, of somebody
// else, or about other items.
func (s *session) compare(ctx context.Context) error {
	rec := s.journal.Recovered()
	now := s.identity()
	var was *identity.Run
	if rec.Rows() > 0 {
		var err error
		if was, err = s.sameRun(rec.Identity, now); err != nil {
			return err
		}
	}
	if err := s.findFailed(); err != nil {
		return err
	}
	if err := s.look(ctx, s.unchanged); err != nil {
		return err
	}
	if err := s.notShorter(rec.Rows()); err != nil {
		return err
	}
	now.Items = s.survey.items
	if err := s.journal.SetIdentity(now.Encode()); err != nil {
		return err
	}
	s.sayWhatIsThere(rec, was)
	return s.takeBack(ctx)
}

// sameRun returns the identity of the earlier run, or the first thing that
// differs as an error.
func (s *session) sameRun(stored []byte, now *identity.Run) (*identity.Run, error) {
	was, err := identity.Decode(stored)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; give another file with -o, or --fresh to delete it", s.target.path, err)
	}
	if c := now.Changes(was); len(c) > 0 && !s.flags.allowChanges {
		return nil, s.changed(c[0].String())
	}
	return was, nil
}

// unchanged refuses an item that is not what it was, unless its row goes anyway:
// one that failed may have been mended.
func (s *session) unchanged(it *paceline.Item) error {
	s.doubts.see(it)
	was, ok := s.journal.ItemSum(it.Index)
	if !ok || s.flags.allowChanges || s.resend.has(it.Index) || was == dataset.Sum(it) {
		return nil
	}
	return s.changed(fmt.Sprintf("%s (item %d) is not what it was", itemPlace(it), it.Index))
}

// settled reports whether an item has its row and keeps it, so that nothing else
// needs to be known of it. With --strict, and where a field of the items is
// looked for in all of them, something does.
func (s *session) settled(index int64) bool {
	return s.journal != nil && s.journal.Done(index) && !s.resend.has(index) && !s.flags.strict && s.priority.name == ""
}

// notShorter refuses an input with fewer items than there are rows.
func (s *session) notShorter(rows int64) error {
	if s.survey.items == 0 || s.flags.allowChanges || rows <= s.survey.items && !s.journal.Done(s.survey.items) {
		return nil
	}
	if s.survey.items == s.flags.first {
		return fmt.Errorf("%s: cannot continue: it holds rows of items beyond the first %s of -n; "+
			"leave -n out or give more, or give another -o", s.target.path, numeral.Grouped(s.flags.first))
	}
	return s.changed(fmt.Sprintf("the input ends after %s, and there are rows of later ones", numeral.Items(s.survey.items)))
}

func (s *session) changed(what string) error {
	return fmt.Errorf("%s: cannot continue: %s; --allow-changes continues and keeps the rows, --fresh starts over",
		s.target.path, what)
}

// sayWhatIsThere tells what an earlier run left.
func (s *session) sayWhatIsThere(rec journal.Recovery, was *identity.Run) {
	if rows := rec.Rows(); rows > 0 {
		of := ""
		if s.survey.items > 0 {
			of = " of " + numeral.Grouped(s.survey.items)
		}
		s.say("continuing %s: %s%s items have their row", s.target.path, numeral.Grouped(rows), of)
	}
	if added := s.added(was); added > 0 {
		s.say("%s %s added to the input since", numeral.Items(added), wasWere(added))
	}
	if s.doubts.calls > 0 {
		s.warn("%s", s.doubts.text())
	}
}

// added returns how many items the input has beyond those that it had when the
// earlier run saw its end; 0 if that one did not, since -n cut it short.
func (s *session) added(was *identity.Run) int64 {
	if was == nil || was.Items == 0 || was.Items == was.First {
		return 0
	}
	return max(s.survey.items-was.Items, 0)
}

func isAre(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func wasWere(n int64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// identity returns what makes this run the same as another.
func (s *session) identity() *identity.Run {
	id := &identity.Run{
		Version: 1, Host: s.pool.Host(), Model: s.flags.model,
		Prompt: s.wording.prompt, System: s.wording.system,
		Messages: string(s.wording.messages), Body: string(s.wording.body),
		Params: s.flags.params, Format: s.flags.format,
		Inputs: s.input.Paths(), Items: s.survey.items, First: s.flags.first,
	}
	id.Check = s.flags.identity(s.checks.labels)
	if s.checks.schema != nil {
		id.Schema = s.checks.schema.Source()
	}
	if s.flags.sample > 0 {
		id.Sample, id.Seed = s.flags.sample, s.flags.seed
	}
	return id
}
