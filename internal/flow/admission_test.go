package flow

import (
	"fmt"
	"testing"
	"time"
)

func half() float64 { return 0.5 }

// drive admits what may start, running time forward, until n have started or
// nothing will change by itself. Calls take took.
func drive(a *Admission, n int, took time.Duration) []*Ticket {
	var started, running []*Ticket
	var now Instant
	for len(started) < n {
		t, wake := a.Next(now)
		if t != nil {
			a.Sent(now, t, 0)
			started = append(started, t)
			running = append(running, t)
			continue
		}
		if len(running) > 0 {
			wake = min(wake, running[0].Started.Add(took))
		}
		if wake == Never {
			return started
		}
		now = max(now, wake)
		for len(running) > 0 && running[0].Started.Add(took) <= now {
			a.Done(now, running[0], Outcome{Kind: Answered})
			running = running[1:]
		}
	}
	return started
}

func fill(a *Admission, n int, p int8) {
	for i := range n {
		a.Add(0, &Ticket{Priority: p, Owner: fmt.Sprintf("%d/%d", p, i)})
	}
}

func TestEveryLimitAtOnce(t *testing.T) {
	// 10 calls a second; 4 at once, 1 s each, so 4 a second; 300 tokens a
	// second at 100 each, so 3 a second: the tightest one decides.
	for _, c := range []struct {
		name   string
		limits Limits
		want   time.Duration // start of the 31st call, within 10 %
	}{
		{"requests", Limits{Requests: Rate{10, time.Second}, InFlight: 1000}, 3 * time.Second},
		{"in flight", Limits{Requests: Rate{10, time.Second}, InFlight: 4}, 7 * time.Second},
		{"tokens", Limits{Requests: Rate{10, time.Second}, InFlight: 4, Tokens: Rate{300, time.Second}}, 9 * time.Second},
		{"output tokens", Limits{InFlight: 1000, Out: Rate{50, time.Second}}, 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := New(half, c.limits)
			for range 40 {
				a.Add(0, &Ticket{In: 50, Out: 50})
			}
			started := drive(a, 31, time.Second)
			got := time.Duration(started[30].Started)
			if got < c.want*9/10 || got > c.want*11/10 {
				t.Errorf("31st call at %v, want about %v", got, c.want)
			}
		})
	}
}

func TestStrictTwoASecond(t *testing.T) {
	// Ten calls of 3 s at strictly two a second: the theoretical time of the
	// last start is 4 s.
	a := New(half, Limits{Requests: Rate{2, time.Second}, Strict: true, InFlight: 100})
	fill(a, 10, 0)
	started := drive(a, 10, 3*time.Second)
	last := time.Duration(started[9].Started)
	if last < 4*time.Second || last > 4*time.Second+10*time.Millisecond {
		t.Errorf("last call at %v, want 4 s within 10 ms", last)
	}
}

func TestPrioritiesFirstInFirstOutWithin(t *testing.T) {
	a := New(half, Limits{InFlight: 1})
	fill(a, 2, -1)
	fill(a, 2, 0)
	fill(a, 2, 1)
	a.Add(0, &Ticket{Priority: 0, Again: true, Owner: "retry"})
	var got []string
	for _, s := range drive(a, 7, time.Second) {
		got = append(got, s.Owner.(string))
	}
	want := "[1/0 1/1 retry 0/0 0/1 -1/0 -1/1]"
	if fmt.Sprint(got) != want {
		t.Errorf("order %v, want %v", got, want)
	}
}

func TestTheLowAreNotStarved(t *testing.T) {
	a := New(half, Limits{InFlight: 1})
	fill(a, 1, -1)
	fill(a, 1000, 1)
	for i, s := range drive(a, 100, time.Second) {
		if s.Priority == -1 {
			if i < patience/2 || i > 2*patience {
				t.Errorf("the low one's turn came as number %d, want about %d", i, patience)
			}
			return
		}
	}
	t.Error("the low one starved behind 100 high ones")
}

func TestAHighCallPassesAHundredThousandLowOnes(t *testing.T) {
	a := New(half, Limits{Requests: Rate{1, time.Second}, Burst: 1, InFlight: 10})
	fill(a, 100_000, -1)
	if first, _ := a.Next(0); first == nil {
		t.Fatal("the first is not admitted")
	}
	a.Add(10*ms, &Ticket{Priority: 1})
	next, wake := a.Next(10 * ms)
	if next != nil || wake != 1000*ms {
		t.Fatalf("next permitted instant %v, want 1s", time.Duration(wake))
	}
	if next, _ = a.Next(wake); next == nil || next.Priority != 1 {
		t.Errorf("at the next permitted instant %+v starts, not the high one", next)
	}
}

func TestADelayedCallHoldsNobodyUp(t *testing.T) {
	a := New(half, Limits{InFlight: 1})
	a.Add(0, &Ticket{Priority: 1, NotBefore: 5000 * ms, Owner: "delayed"})
	a.Add(0, &Ticket{Owner: "fresh"})
	first, _ := a.Next(0)
	if first == nil || first.Owner != "fresh" {
		t.Fatalf("first is %v", first)
	}
	a.Done(0, first, Outcome{})
	if next, wake := a.Next(0); next != nil || wake != 5000*ms {
		t.Errorf("next %v, wake %v; want to wait until 5s", next, time.Duration(wake))
	}
	if s := a.State(); s.Cause != CauseBackoff || s.Waiting != 1 {
		t.Errorf("state %+v", s)
	}
}

// refuseFive queues ten calls and has the server refuse the first five after 10 ms.
func refuseFive(a *Admission, retryAfter time.Duration) {
	fill(a, 10, 0)
	var batch []*Ticket
	for range 5 {
		t, _ := a.Next(0)
		batch = append(batch, t)
	}
	for _, refused := range batch {
		a.Done(10*ms, refused, Outcome{Kind: Throttled, RetryAfter: retryAfter})
	}
}

func TestFault1ThrottledCallsHoldBackTheLaneAndOneProbeGoesFirst(t *testing.T) {
	a := New(half, Limits{Requests: Rate{1e6, time.Second}, InFlight: 100})
	refuseFive(a, 7*time.Second)
	next, wake := a.Next(20 * ms)
	if next != nil || wake != 7010*ms {
		t.Fatalf("next %v, wake %v; want nothing before 7.01 s", next, time.Duration(wake))
	}
	probe, _ := a.Next(wake)
	if probe == nil {
		t.Fatal("no probe after the pause")
	}
	if herd, next := a.Next(wake); herd != nil || next != wake.Add(probeMin) {
		t.Fatal("a herd follows the probe before it is answered")
	}
	a.Alive(7500*ms, probe)
	if next, _ := a.Next(7500 * ms); next == nil {
		t.Error("the others do not follow once the probe is alive")
	}
}

// TestUnaskedPausesDoubleOncePerEpisode begins with a second, or with less where a
// hundred calls take less.
func TestUnaskedPausesDoubleOncePerEpisode(t *testing.T) {
	for _, c := range []struct {
		rate          float64
		first, second Instant
	}{{100, 750 * ms, 1500 * ms}, {400, 187500 * ms / 1000, 375 * ms}, {1e6, 150 * ms, 300 * ms}} {
		a := New(half, Limits{Requests: Rate{c.rate, time.Second}, InFlight: 100, Burst: 10})
		refuseFive(a, 0)
		over := 10*ms + c.first
		if _, wake := a.Next(10 * ms); wake != over {
			t.Fatalf("%v a second: first pause until %v, want %v: five refusals are one episode", c.rate, time.Duration(wake), time.Duration(over))
		}
		probe, _ := a.Next(over)
		a.Done(over+40*ms, probe, Outcome{Kind: Throttled})
		if _, wake := a.Next(over + 40*ms); wake != over+40*ms+c.second {
			t.Errorf("%v a second: second pause until %v, want %v", c.rate, time.Duration(wake), time.Duration(over+40*ms+c.second))
		}
	}
}

func TestRefusedTokensAreGivenBackAndUsedOnesSettled(t *testing.T) {
	a := New(half, Limits{Tokens: Rate{100, time.Second}, InFlight: 10})
	add := func() { a.Add(0, &Ticket{In: 50, Out: 150}) }
	add()
	first, _ := a.Next(0)
	a.Done(0, first, Outcome{Kind: Answered, Known: true, In: 50, Out: 0})
	add()
	// 50 of 100 are left; a call of 200 needs a full bucket: half a second.
	if _, wake := a.Next(0); wake != 500*ms {
		t.Errorf("settled on 50 tokens, the next starts at %v, want 500ms", time.Duration(wake))
	}
}

func TestRemoveAndDrain(t *testing.T) {
	a := New(half, Limits{InFlight: 1})
	x, y := &Ticket{Owner: "x"}, &Ticket{Owner: "y", NotBefore: 100 * ms}
	a.Add(0, x)
	a.Add(0, y)
	if !a.Remove(y) || a.Remove(y) {
		t.Error("y waits, then no longer")
	}
	running, _ := a.Next(0)
	if a.Remove(running) {
		t.Error("a running call was removed from the queue")
	}
	fill(a, 3, 1)
	a.Add(0, y)
	if n := len(a.Drain()); n != 4 || a.State().Waiting != 0 {
		t.Errorf("drained %d, %d wait", n, a.State().Waiting)
	}
}

func BenchmarkAdmit10kQueued(b *testing.B) {
	a := New(half, Limits{Requests: Rate{1e9, time.Second}, Tokens: Rate{1e15, time.Second}, InFlight: 1000})
	tickets := make([]Ticket, 10_000)
	for i := range tickets {
		tickets[i].In, tickets[i].Out = 100, 100
		tickets[i].Priority = int8(i%3 - 1)
		a.Add(0, &tickets[i])
	}
	b.ReportAllocs()
	now := Instant(0)
	for b.Loop() {
		now += 1000
		t, _ := a.Next(now)
		a.Done(now, t, Outcome{Kind: Answered, Known: true, In: 90, Out: 80})
		a.Add(now, t)
	}
}

func TestElsewhereIsAnotherLaneThatAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		lanes  []Limits
		down   int // this lane does not answer; -1: all do
		starts int // on this lane; -1: nowhere
	}{
		{"the other", []Limits{{InFlight: 2}, {InFlight: 2}}, -1, 1},
		{"there is none", []Limits{{InFlight: 2}}, -1, -1},
		{"it does not answer", []Limits{{InFlight: 2}, {InFlight: 2}}, 1, -1},
		{"it must pass one by", []Limits{{InFlight: 2}, {InFlight: 2}, {InFlight: 2}}, 1, 2},
	} {
		a := New(half, c.lanes...)
		a.Add(0, new(Ticket))
		first, _ := a.Next(0)
		if c.down >= 0 {
			a.lanes[c.down].breaker.open = true
		}
		second := new(Ticket)
		if started := a.Elsewhere(0, second, first); started != (c.starts >= 0) || started && second.Lane() != c.starts {
			t.Errorf("%s: started %v, first on lane %d", c.name, started, first.Lane())
		}
	}
}
