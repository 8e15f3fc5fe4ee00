package status

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// TestArrivalFromTheStart runs 10,000 items at a limit of 1,000 a minute and
// calls of 2 s: it takes 602 s, and the view must say so from the first second
// on, before anything has finished, and without jumps later.
func TestArrivalFromTheStart(t *testing.T) {
	var m Meter
	const perSecond, total = 1000.0 / 60, 10_000
	for ms := 250; ms < 600_000; ms += 125 {
		at := time.Duration(ms) * time.Millisecond
		sent := int64(at.Seconds() * perSecond)
		done := max(int64((at-2*time.Second).Seconds()*perSecond), 0)
		st := paceline.Stats{Requests: sent, Done: done, InFlight: int(sent - done),
			Pace: paceline.Pace{Requests: paceline.Per(1000, time.Minute), InFlight: 500}}
		if done > 0 {
			st.Total = paceline.Latency{Count: done, P50: 2 * time.Second}
		}
		got := m.Observe(epoch.Add(at), st, total)
		want := 602*time.Second - at
		if diff := (got.Left - want).Abs(); diff > 4*time.Second+want/50 {
			t.Fatalf("after %v: %v left, want %v", at, got.Left, want)
		}
		if at > 15*time.Second && (got.Items < 15 || got.Items > 18) {
			t.Fatalf("after %v: %.1f items/s, want 16.7", at, got.Items)
		}
	}
}

// TestArrivalByLatency has no rate limit: what counts is calls at once by the
// time of a call.
func TestArrivalByLatency(t *testing.T) {
	st := paceline.Stats{Requests: 105, Done: 5, InFlight: 100,
		Pace:  paceline.Pace{InFlight: 100},
		Total: paceline.Latency{Count: 5, P50: 2 * time.Second}}
	var m Meter
	if got := m.Observe(epoch, st, 5_105).Left; got != 102*time.Second {
		t.Errorf("%v left, want 5,000 items at 50 a second and one call: 102 s", got)
	}
}

func TestArrivalNotKnown(t *testing.T) {
	var m Meter
	if got := m.Observe(epoch, paceline.Stats{Requests: 10, InFlight: 10}, 100).Left; got >= 0 {
		t.Errorf("nothing is known, but %v are left", got)
	}
	if got := m.Observe(epoch, paceline.Stats{Done: 10}, 0).Left; got >= 0 {
		t.Errorf("the total is not known, but %v are left", got)
	}
}

func TestArrivalWaitsOutAPause(t *testing.T) {
	st := paceline.Stats{Pace: paceline.Pace{Requests: paceline.Per(10, time.Second), PausedFor: 30 * time.Second}}
	var m Meter
	if got := m.Observe(epoch, st, 100).Left; got != 40*time.Second {
		t.Errorf("%v left, want 30 s of pause and 10 s of work", got)
	}
}

// TestArrivalAfterAnOutage: 10 items a second, nothing from the 20th second to the
// 80th. How fast it goes is what it was, once it goes again.
func TestArrivalAfterAnOutage(t *testing.T) {
	for _, cause := range []paceline.Bottleneck{paceline.BottleneckOutage, paceline.BottleneckHold} {
		var m Meter
		var st paceline.Stats
		const total = 1000
		for s := 1; s <= 100; s++ {
			st.Elapsed, st.Pace.LimitedBy = time.Duration(s)*time.Second, paceline.BottleneckConcurrency
			if s > 20 && s <= 80 {
				st.Pace.LimitedBy = cause
			} else {
				st.Requests, st.Done = st.Requests+10, st.Done+10
			}
			st.Limited[st.Pace.LimitedBy] += time.Second
			got := m.Observe(epoch.Add(st.Elapsed), st, total).Left
			want := time.Duration(total-st.Done) * time.Second / 10
			switch {
			case s > 20 && s <= 80:
				if known := got >= 0; known && cause == paceline.BottleneckOutage {
					t.Errorf("after %d s, in the outage: %v left", s, got)
				}
			case (s > 5 && s <= 20 || s > 84) && (got-want).Abs() > want/20:
				t.Errorf("%v, after %d s: %v left, want %v", cause, s, got, want)
			}
		}
	}
}

// TestArrivalCountsRepeats: when each item takes two requests, a limit on
// requests is good for half as many items.
func TestArrivalCountsRepeats(t *testing.T) {
	st := paceline.Stats{Requests: 200, Done: 100, Pace: paceline.Pace{Requests: paceline.Per(10, time.Second)}}
	var m Meter
	if got := m.Observe(epoch, st, 200).Left; got != 20*time.Second {
		t.Errorf("%v left, want 100 items at 5 a second: 20 s", got)
	}
}

func TestMeterForgets(t *testing.T) {
	var m Meter
	var got Pace
	for i := range 400 {
		done := int64(i) * 10
		if i > 200 {
			done = 2000 // nothing finishes any more
		}
		got = m.Observe(epoch.Add(time.Duration(i)*125*time.Millisecond), paceline.Stats{Done: done}, 0)
	}
	if got.Items != 0 {
		t.Errorf("%g items/s although nothing has finished for 25 s", got.Items)
	}
	if n := len(m.samples); n > 85 {
		t.Errorf("%d samples kept; those of 10 s are 81", n)
	}
}

// TestWhatPrevailedIsShown checks that the cause of a moment does not flicker.
func TestWhatPrevailedIsShown(t *testing.T) {
	var m Meter
	look := func(i int, by paceline.Bottleneck, account paceline.Limited) paceline.Bottleneck {
		st := paceline.Stats{Pace: paceline.Pace{LimitedBy: by}, Limited: account}
		return m.Observe(epoch.Add(time.Duration(i)*200*time.Millisecond), st, 0).HeldBy
	}
	for i := range 100 {
		by := paceline.BottleneckRequests
		if i%4 == 3 {
			by = paceline.BottleneckNone
		}
		if got := look(i, by, paceline.Limited{}); got != paceline.BottleneckRequests {
			t.Fatalf("look %d: %q, want requests", i, got)
		}
	}
	for i := 100; i < 120; i++ {
		look(i, paceline.BottleneckHold, paceline.Limited{})
	}
	if got := look(120, paceline.BottleneckTokens, paceline.Limited{}); got != paceline.BottleneckTokens {
		t.Errorf("right after a pause by hand: %q", got)
	}
	account := paceline.Limited{paceline.BottleneckCPU: time.Second, paceline.BottleneckTokens: 40 * time.Second}
	for i := 121; i < 130; i++ {
		account[paceline.BottleneckCPU] += 150 * time.Millisecond
		account[paceline.BottleneckTokens] += 50 * time.Millisecond
		look(i, paceline.BottleneckTokens, account)
	}
	if got := look(130, paceline.BottleneckTokens, account); got != paceline.BottleneckTokens {
		// The first of these looks is where the account began: what was before it
		// counts for tokens.
		t.Errorf("by an account that begins: %q", got)
	}
	for i := 131; i < 160; i++ {
		account[paceline.BottleneckCPU] += 150 * time.Millisecond
		account[paceline.BottleneckTokens] += 50 * time.Millisecond
		look(i, paceline.BottleneckTokens, account)
	}
	if got := look(160, paceline.BottleneckTokens, account); got != paceline.BottleneckCPU {
		t.Errorf("by the account of the last seconds: %q, want cpu", got)
	}
}

func TestSpendingIsMeasured(t *testing.T) {
	var m Meter
	m.Observe(epoch, paceline.Stats{Cost: paceline.Cost{USD: 1, Known: true}}, 0)
	got := m.Observe(epoch.Add(5*time.Second), paceline.Stats{Cost: paceline.Cost{USD: 2, Known: true}}, 0)
	if got.Money != 0.2 {
		t.Errorf("$%g a second, want $0.2", got.Money)
	}
}

// TestArrivalOfAnAge has many items and hardly any rate: it takes longer than a
// time.Duration can say, which must not come out as no time at all.
func TestArrivalOfAnAge(t *testing.T) {
	slow := paceline.Stats{Pace: paceline.Pace{Requests: paceline.Per(1, 24*time.Hour)}}
	var m Meter
	for i := range 100 {
		at := epoch.Add(time.Duration(i) * time.Second)
		if got := m.Observe(at, slow, 1e9).Left; got >= 0 && got < longestLeft/2 {
			t.Fatalf("after %d s: %v left, want an age, or that it is not known", i, got)
		}
		slow.Done = int64(i / 50)
	}
}
