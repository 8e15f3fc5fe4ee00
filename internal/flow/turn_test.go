package flow

import (
	"testing"
	"time"
)

func TestTurnIsNarrowedDownAndWaitedFor(t *testing.T) {
	var u turn
	second := func(n float64) Instant { return Instant(n * float64(time.Second)) }
	if d := u.within(second(5), 8*time.Second, 3); d != 8*time.Second {
		t.Errorf("waits %v though no turn is known", d)
	}
	u.between(second(58), second(63))
	if d := u.within(second(118), 60*time.Second, 3); d != 5*time.Second {
		t.Errorf("waits %v, want until the turn at 123 s at the latest", d)
	}
	if d := u.within(second(118), time.Second, 0); d != time.Second {
		t.Errorf("waits %v, though it was seen but once", d)
	}
	u.between(second(119), second(121))
	u.between(second(180), second(184))
	if u.after != second(180) || u.until != second(181) || u.sure != 2 {
		t.Errorf("after three turns %+v, want between 180 and 181 s", u)
	}
	if d := u.within(second(238), time.Second, 0); d != 3*time.Second {
		t.Errorf("waits %v, want to go straight to the turn at 241 s", d)
	}
	if d := u.within(second(200), time.Second, 0); d != time.Second {
		t.Errorf("waits %v after one refusal, long before the turn", d)
	}
	if d := u.within(second(200), time.Second, 2); d != 41*time.Second || u.sure != 1 {
		t.Errorf("waits %v after three refusals, and is sure %d times; want 41 s, once", d, u.sure)
	}
	if d := u.within(second(200), time.Second, 2); d != time.Second {
		t.Errorf("waits %v again before it has proven itself anew", d)
	}
	u.between(second(270), second(272))
	if u.sure != 0 || u.until != second(272) {
		t.Errorf("%+v after a turn at another time, want that one", u)
	}
}
