package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
)

// previewed is how many items are looked at, before anything is sent, of an
// input that can be read only once.
const previewed = 100

// preview renders the first items of an input that cannot be surveyed. Its
// error is that of the first item that cannot be sent as it is.
func (s *session) preview(ctx context.Context, unchanged func(*paceline.Item) error) error {
	s.feed = newFeed(s.source, func() { s.input.Close() })
	s.source = s.feed
	first, err := s.feed.first(ctx, previewed)
	if err != nil {
		return surveyError(err)
	}
	if len(first) == 0 {
		return &dataset.FileError{Path: strings.Join(s.input.Paths(), ", "), Err: dataset.ErrEmpty}
	}
	look := surveyor{render: s.draft, unchanged: unchanged, tick: func() {}}
	fit := s.budgetFit()
	look.fits = fit.look
	bad := 0
	for i := range first {
		if err := look.item(&first[i]); err != nil {
			return err
		}
		if first[i].Err != nil {
			bad++
		}
	}
	s.survey.cautions = look.cautions
	if s.survey.models = look.models; look.models != nil {
		look.models.beyond = true // further items may ask for others
	}
	if bad == len(first) && (s.feed.ended() || bad == previewed) {
		return fmt.Errorf("no line of the input can be read: %w", first[0].Err)
	}
	return cmp.Or(s.checkLimits(), fit.missed())
}

// closeInput gives the input back. One that is fed closes itself.
func (s *session) closeInput() {
	if s.feed != nil {
		s.feed.stop()
		return
	}
	// Files that were only read have nothing to say when they are closed.
	_ = s.input.Close()
}
