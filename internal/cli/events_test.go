package cli

import (
	"slices"
	"testing"

	"github.com/seed-1814a72b/paceline"
)

func TestEveryReaderGetsEveryEventInItsOrder(t *testing.T) {
	for readers := range 4 {
		var r eventReaders
		seen := make([][]int64, readers)
		for i := range readers {
			r.add(func(ev *paceline.Event) { seen[i] = append(seen[i], ev.Index) })
		}
		var cfg paceline.Config
		r.tell(&cfg)
		observe := cfg.Observe
		if (observe == nil) != (readers == 0) {
			t.Fatalf("%d readers: nil is %t", readers, observe == nil)
		}
		for i := range int64(3 * min(readers, 1)) {
			observe(paceline.Event{Index: i})
		}
		for i, got := range seen {
			if !slices.Equal(got, []int64{0, 1, 2}) {
				t.Errorf("reader %d of %d saw %v", i, readers, got)
			}
		}
	}
}

func TestEventsAreAskedForThatAReaderWants(t *testing.T) {
	var r eventReaders
	r.add(func(*paceline.Event) {}, paceline.EventEnd)
	r.add(func(*paceline.Event) {})
	r.add(func(*paceline.Event) {}, paceline.EventEnd, paceline.EventFirstToken)
	var cfg paceline.Config
	r.tell(&cfg)
	if want := []paceline.EventKind{paceline.EventStart, paceline.EventLater, paceline.EventItem, paceline.EventOut, paceline.EventLaterOver}; !slices.Equal(cfg.Unobserved, want) {
		t.Errorf("successes of %v are left out, want %v", cfg.Unobserved, want)
	}
}
