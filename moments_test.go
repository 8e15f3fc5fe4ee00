package paceline

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

func TestAMomentIsWhatHappenedBetweenTwoSnapshots(t *testing.T) {
	before := Stats{
		Requests: 10, Retries: 1, Throttled: 2, Hedges: 3, Usage: Usage{Prompt: 100, Completion: 50, Known: true},
		Cost:    Cost{USD: 0.25, Known: true},
		Limited: Limited{BottleneckRequests: time.Second + 1900, BottleneckInput: 700},
	}
	now := Stats{
		Requests: 15, Retries: 2, Throttled: 4, Hedges: 6, Usage: Usage{Prompt: 300, Completion: 90, Known: true},
		Cost: Cost{USD: 0.250001, Known: true}, InFlight: 7, Waiting: 900,
		Limited: Limited{BottleneckRequests: 2*time.Second + 2100, BottleneckInput: 1200},
		Pace: Pace{
			Requests: Per(10, time.Second), Tokens: Per(2e6, time.Minute), Money: Per(5, time.Hour), InFlight: 64, FoundOut: true, Adapts: true, RequestsGiven: true,
		},
	}
	m := momentOf(&before, &now)
	want := journal.Moment{
		Span: time.Second + 2*time.Microsecond, Requests: 5, Retries: 1, Throttled: 2, Hedges: 3, PromptTokens: 200, CompletionTokens: 40,
		Cost: 1000, InFlight: 7, Waiting: 900, Cap: 64, RequestLimit: 600_000, TokenLimit: 2_000_000_000, MoneyLimit: 5_000_000_000,
		FoundOut: true, Adapts: true, RequestsGiven: true, Limited: make([]time.Duration, bottlenecks),
	}
	want.Limited[BottleneckRequests], want.Limited[BottleneckInput] = time.Second+time.Microsecond, time.Microsecond
	if !slices.Equal(m.Limited, want.Limited) {
		t.Errorf("limited %v, want %v", m.Limited, want.Limited)
	}
	m.Limited, want.Limited = nil, nil
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
}

func TestARunWithoutAJournalNotesNothing(t *testing.T) {
	r := &run{}
	if c := r.chronicle(); c != nil {
		t.Error("it keeps a chronicle")
	}
	r.chronicle().end(Stats{})
}
