package status

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// TestLastAnswersThatHangAreNoMomentAway has a run of 1,000 items, 100 a second, of
// which the last 16 hang for a minute: the time of a call behind the last start it is
// no longer said that they come in a moment.
func TestLastAnswersThatHangAreNoMomentAway(t *testing.T) {
	for _, again := range []bool{false, true} { // whether they wait to be sent again
		var m Meter
		const total, hang = 1000, 16
		for s := 1; s <= 70; s++ {
			st := paceline.Stats{Items: total, Done: min(int64(100*s), total-hang), Elapsed: time.Duration(s) * time.Second}
			st.Total = paceline.Latency{Count: st.Done, P50: time.Second}
			st.Requests = min(st.Done+100, total)
			st.InFlight = int(st.Requests - st.Done)
			st.Pace = paceline.Pace{InFlight: 100, LimitedBy: paceline.BottleneckConcurrency}
			if st.InFlight == hang {
				st.Pace.LimitedBy = paceline.BottleneckAnswers
			}
			if again && st.InFlight == hang {
				st.Pace.LimitedBy, st.InFlight, st.Waiting = paceline.BottleneckRetries, 0, hang
			}
			got := m.Observe(epoch.Add(st.Elapsed), st, total)
			switch late := s > 12; {
			case late && (got.Left >= 0 || got.Awaited != hang):
				t.Errorf("again %v, after %d s: %v left, %d awaited; want that it is not known, and %d", again, s, got.Left, got.Awaited, hang)
			case s < 9 && (got.Left < 0 || got.Awaited != 0):
				t.Errorf("again %v, after %d s: %v left, %d awaited", again, s, got.Left, got.Awaited)
			}
		}
	}
}

// Items that wait for their first attempt are no tail, however long they wait, and a
// pause puts off when the last answers are expected.
func TestWhatIsLate(t *testing.T) {
	var u tail
	waits := paceline.Stats{Items: 10, Done: 5, InFlight: 3, Waiting: 2, Total: paceline.Latency{Count: 5, P50: time.Second},
		Pace: paceline.Pace{LimitedBy: paceline.BottleneckRequests}}
	for s := range 60 {
		if u.late(epoch.Add(time.Duration(s)*time.Second), &waits, 10) {
			t.Fatalf("after %d s: late, though two have not been sent", s)
		}
	}
	paused := waits
	paused.InFlight, paused.Waiting, paused.Pace.PausedFor = 5, 0, 20*time.Second
	if u.late(epoch, &paused, 10) || u.late(epoch.Add(time.Second), &paused, 10) {
		t.Error("late in a pause")
	}
	paused.Pace.PausedFor = 0
	if at := epoch.Add(22 * time.Second); u.late(at, &paused, 10) || !u.late(at.Add(time.Millisecond), &paused, 10) {
		t.Error("the time of a call behind the pause counts")
	}
	if paused.Done = 10; u.late(epoch.Add(time.Hour), &paused, 10) {
		t.Error("nothing is left, and it is late")
	}
}

func TestLastAnswersAreCounted(t *testing.T) {
	s := State{Facts: Facts{Total: 100}, Stats: paceline.Stats{Requests: 100, Done: 84}, Pace: Pace{HeldBy: paceline.BottleneckAnswers}}
	for done, want := range map[int64]string{84: "waiting for the last 16 answers", 99: "waiting for the last answer"} {
		s.Stats.Done = done
		if got, _ := s.WaitsFor(); got != "nothing is left to send: "+want || s.Brief() != want {
			t.Errorf("%q, %q", got, s.Brief())
		}
	}
}
