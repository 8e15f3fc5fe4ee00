package cli

import (
	"context"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/journal"
)

// A resend is the items that --retry-failed sends again: those whose row has no
// accepted answer. Memory: a bit for each item of the input.
type resend struct {
	bits   []uint64
	failed int64 // sent, in vain
	unsent int64 // that could not be read, or of which no request could be made
}

// newResend reads which items failed.
func newResend(j *journal.Journal) (*resend, error) {
	r := &resend{}
	for e, err := range j.Entries() {
		if err != nil {
			return nil, err
		}
		switch {
		case e.Status == journal.Done:
			continue
		case paceline.Code(e.Code) == paceline.CodeBadItem:
			r.unsent++
		default:
			r.failed++
		}
		r.add(e.Index)
	}
	return r, nil
}

func (r *resend) add(index int64) {
	for int64(len(r.bits)) <= index/64 {
		r.bits = append(r.bits, 0)
	}
	r.bits[index/64] |= 1 << (index % 64)
}

// has reports whether an item is among them. A nil resend has none.
func (r *resend) has(index int64) bool {
	return r != nil && index/64 < int64(len(r.bits)) && r.bits[index/64]&(1<<(index%64)) != 0
}

// findFailed notes what --retry-failed is to send again.
func (s *session) findFailed() (err error) {
	if s.flags.retryFailed {
		s.resend, err = newResend(s.journal)
	}
	return err
}

// takeBack takes the failed items' rows out for --retry-failed.
func (s *session) takeBack(ctx context.Context) error {
	if s.resend == nil || s.resend.failed+s.resend.unsent == 0 {
		return nil
	}
	err := s.journal.Rewrite(ctx, journal.RewriteOptions{
		Keep: func(e journal.Entry) bool { return e.Status == journal.Done },
	})
	if err != nil {
		return err
	}
	if n := s.resend.failed; n > 0 {
		s.say("%s that failed %s sent again", numeral.Items(n), isAre(n))
	}
	if n := s.resend.unsent; n > 0 {
		s.say("%s that could not be sent as %s %s looked at again", numeral.Items(n), theyWere(n), isAre(n))
	}
	s.before.Failed, s.before.Invalid = 0, 0
	s.before.Truncated, s.before.Filtered, s.before.Refused = 0, 0, 0
	return nil
}

func theyWere(n int64) string {
	if n == 1 {
		return "it was"
	}
	return "they were"
}
