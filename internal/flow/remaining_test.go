package flow

import (
	"testing"
	"time"
)

// meter is a server's bucket of a minute's requests of which others take a share,
// and admission at it, as told by headers that come a second after their call.
type meter struct {
	level, rate float64 // requests, and how many come in a second
	refused     int
	let         int
}

// run makes calls for d under a limit of 300 a minute, of which others take so
// many a second, and returns what was let in after the first two minutes.
func (m *meter) run(others float64, d Instant, deaf bool) {
	type answer struct {
		at   Instant
		t    *Ticket
		left float64
	}
	const limit = 300
	m.level, m.rate = limit, limit/60
	a := New(half, Limits{InFlight: 1000})
	var coming []answer
	told := func(now Instant, x answer, kind OutcomeKind) {
		news := Told{Requests: Allowance{Rate: Rate{limit, time.Minute}, Left: x.left, Sure: true}}
		a.Told(now, 0, 0, news)
		if !deaf {
			a.Left(now, x.t, news)
		}
		a.Done(now, x.t, Outcome{Kind: kind, RetryAfter: time.Second})
	}
	for now := Instant(1000 * ms); now < d; now += 10 * ms {
		m.level = max(0, min(limit, m.level+(m.rate-others)*0.01))
		for len(coming) > 0 && coming[0].at <= now {
			told(now, coming[0], Answered)
			coming = coming[1:]
		}
		if a.State().Waiting == 0 {
			a.Add(now, &Ticket{})
		}
		x, _ := a.Next(now)
		switch {
		case x == nil || len(coming) > 20:
		case m.level < 1:
			told(now, answer{now, x, 0}, Throttled)
			m.refused++
		default:
			m.level--
			coming = append(coming, answer{now + 1000*ms, x, float64(int(m.level))})
			if now > 120_000*ms {
				m.let++
			}
		}
	}
}

func TestWhatIsLeftTellsOfOthers(t *testing.T) {
	const minutes = 10
	var heard, deaf, alone meter
	heard.run(5.0/3, minutes*60_000*ms, false)
	deaf.run(5.0/3, minutes*60_000*ms, true)
	alone.run(0, minutes*60_000*ms, false)
	if ours := 200 * (minutes - 2); heard.let < ours*9/10 || heard.refused > ours/100 {
		t.Errorf("%d of %d let in, %d refused", heard.let, ours, heard.refused)
	}
	if deaf.refused < 5*heard.refused {
		t.Errorf("%d refused without headers, %d with them: this shows nothing", deaf.refused, heard.refused)
	}
	if ours := 300 * (minutes - 2); alone.let < ours*98/100 || alone.refused > 0 {
		t.Errorf("nobody else is there: %d of %d let in, %d refused", alone.let, ours, alone.refused)
	}
}

func TestAnOlderAnswerSaysNothingOfWhatIsLeft(t *testing.T) {
	var r remaining
	limit := Allowance{Rate: Rate{100, time.Minute}}
	tell := func(now, started Instant, left float64) {
		limit.Left = left
		r.tells(now, started, r.taken, limit)
	}
	tell(1000*ms, 900*ms, 50)
	tell(2000*ms, 1900*ms, 10)
	tell(3000*ms, 1000*ms, 60)
	if r.left != 10 || r.told != 1900*ms {
		t.Errorf("%v left as of %v, the latest call was told 10", r.left, time.Duration(r.told))
	}
	if r.shared == 0 {
		t.Error("90 of 100 are missing, none was taken by us, and nobody else is suspected")
	}
}

func TestACallNeedsMoreThanWasLeftWhenOneWasRefused(t *testing.T) {
	var r remaining
	a := Allowance{Rate: Rate{60_000, time.Minute}, Left: 700}
	r.take(1000*ms, 30)
	r.tells(1001*ms, 1000*ms, r.taken, a)
	r.refuses(1001*ms, 1000*ms, 30)
	if r.taken != 0 || r.needs != 670 {
		t.Errorf("%v taken, a call needs %v more; want 0 and 670", r.taken, r.needs)
	}
}

func TestASmallBucketIsNoSignOfOthers(t *testing.T) {
	var r remaining
	for now := 1000 * ms; now < 200_000*ms; now += 1000 * ms { // a bucket of one, full every second
		r.take(now, 1)
		r.tells(now+300*ms, now, r.taken, Allowance{Rate: Rate{60, time.Minute}})
	}
	if r.shared != 0 {
		t.Error("others are suspected")
	}
	if at := r.when(200_000*ms, 1); at != 200_000*ms {
		t.Errorf("the next call at %v", time.Duration(at))
	}
}
