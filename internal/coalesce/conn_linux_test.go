package coalesce

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns both ends of a connection over loopback, ours wrapped.
func pair(t *testing.T) (*Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		nc.Close()
		far.Close()
	})
	return Wrap(nc).(*Conn), far
}

// until waits for what is seen to come only by looking.
func until(t *testing.T, what string, come func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !come(); runtime.Gosched() { // only a failing test waits for it
		if time.Now().After(deadline) {
			t.Fatalf("in vain until %s", what)
		}
	}
}

// reads returns what each read of c gives, until one fails.
func reads(c net.Conn) (<-chan string, <-chan error) {
	got, end := make(chan string, 1000), make(chan error, 1)
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, err := c.Read(b)
			if n > 0 {
				got <- string(b[:n])
			}
			if err != nil {
				close(got)
				end <- err
				return
			}
		}
	}()
	return got, end
}

// A waiter is a connection that tells, each time a read finds nothing, that its
// reader waits from now on: only the poller can end that.
type waiter struct {
	net.Conn
	raw   syscall.RawConn
	waits chan struct{}
}

func (w *waiter) Read(p []byte) (n int, err error) {
	failed := w.raw.Read(func(fd uintptr) bool {
		if n, err = syscall.Read(int(fd), p); err != syscall.EAGAIN {
			return true
		}
		select {
		case w.waits <- struct{}{}:
		default:
		}
		return false
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}

// What comes one by one is read together, and none of it is lost.
func TestReadsAreCoalescedWhileAllAreRelaxed(t *testing.T) {
	stop(t)
	c, far := pair(t)
	other, otherFar := pair(t) // on which each byte is read as it comes
	w := &waiter{c.Conn, c.raw, make(chan struct{}, 1)}
	c.Conn = w
	u := c.Use()
	u.Relax(0)
	defer u.End()
	got, _ := reads(c)
	<-w.waits
	const pieces = 100
	for range pieces {
		io.WriteString(far, "piece ")
		io.WriteString(otherFar, "x")
		io.ReadFull(other, make([]byte, 1)) // the poller has told who need not wait
	}
	until(t, "all pieces have come", func() bool { return arrived(c) == pieces*len("piece ") || len(got) > 0 })
	if early := len(got); early > 0 {
		t.Fatalf("of %d pieces %d were read before it was time to", pieces, early)
	}
	c.wake()
	if s := <-got; s != strings.Repeat("piece ", pieces) {
		t.Errorf("what had come was read as %q", s)
	}
	far.Close()
}

// arrived returns how many bytes there are to read on c.
func arrived(c *Conn) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readable()
	return c.peek.bytes
}

// A connection is looked at after a quarter of the time for which it is swept, or
// once in a round; while no end is expected of it, seldom.
func TestTheYoungAreSweptMoreOften(t *testing.T) {
	for quiet, want := range map[time.Duration][]int{
		0: {0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 17, 21, 26, 32, 40, 48, 56},
		// The first at the end of the quiet time, which is shorter than a rest.
		5 * tick: {4, 5, 6, 7, 9, 11, 14, 17, 21, 26, 32, 40, 48, 56},
		// Rests, as long as that is, what is left of it, then rounds.
		Rest + 13*tick + tick/2: {39, 52},
	} {
		var s sweeper
		s.going = true // by the test
		c, other := new(Conn), new(Conn)
		s.add(other, true, 0)
		s.add(c, true, quiet)
		var turns []int
		for i := range 60 {
			if slices.Contains(s.turn(), c) {
				turns = append(turns, i)
			}
		}
		if !slices.Equal(turns, want) {
			t.Errorf("quiet for %v: its turns are %v, want %v", quiet, turns, want)
		}
		s.remove(c)
		s.remove(other)
		for range s.slots {
			if due := s.turn(); s.n != 0 || len(due) != 0 {
				t.Error("some are left")
			}
		}
	}
}

// One that begins anew to be swept has its first turn a round later.
func TestOneThatIsNotYoungWaitsForARound(t *testing.T) {
	var s sweeper
	s.going = true // by the test
	for range 3 {
		s.turn()
	}
	c := new(Conn)
	s.add(c, false, 0)
	for i := range 3 * parts {
		if due := s.turn(); slices.Contains(due, c) != (i%parts == parts-1) {
			t.Errorf("sweep %d: %v are due", i, due)
		}
	}
}

func TestManyBytesAreNotKeptWaiting(t *testing.T) {
	stop(t)
	c, far := pair(t)
	u := c.Use()
	u.Relax(0)
	defer u.End()
	got, _ := reads(c)
	far.Write(make([]byte, 4*enough))
	<-got
	far.Close()
}

// stop has no sweep come until the test has ended.
func stop(t *testing.T) {
	t.Helper()
	until(t, "sweeps are stopped", func() bool { // one may be under way, and sets the timer anew
		sweeps.mu.Lock()
		defer sweeps.mu.Unlock()
		stopped := !sweeps.going || sweeps.timer.Stop()
		if stopped {
			sweeps.going = true // by the test
		}
		return stopped
	})
	t.Cleanup(func() {
		sweeps.mu.Lock()
		defer sweeps.mu.Unlock()
		if sweeps.going = false; sweeps.n > 0 {
			sweeps.again()
		}
	})
}

// One who hurries is given what has come, and what comes, at once.
func TestAUserInHasteIsNotDelayed(t *testing.T) {
	stop(t)
	c, far := pair(t)
	relaxed := c.Use()
	relaxed.Relax(0)
	got, _ := reads(c)
	io.WriteString(far, "a")
	hasty := c.Use() // another stream of the connection's
	for _, want := range []string{"a", "b"} {
		if want == "b" {
			io.WriteString(far, want)
		}
		if s := <-got; s != want {
			t.Errorf("read %q, want %q", s, want)
		}
	}
	hasty.End()
	if !c.on {
		t.Error("the one that is left is relaxed, and reads are not coalesced")
	}
	relaxed.Hurry()
	io.WriteString(far, "c")
	if s := <-got; s != "c" {
		t.Errorf("read %q", s)
	}
	relaxed.End()
	relaxed.End()
	if c.on || c.users != 0 || c.hasty != 0 {
		t.Errorf("nobody uses it, and it is %v, %d, %d", c.on, c.users, c.hasty)
	}
	far.Close()
}

func TestEndsResetsAndDeadlinesAreNotDelayed(t *testing.T) {
	for name, c := range map[string]struct {
		cause func(c *Conn, far net.Conn)
		want  func(error) bool
	}{
		"end": {func(_ *Conn, far net.Conn) { far.Close() }, func(err error) bool { return err == io.EOF }},
		"reset": {func(_ *Conn, far net.Conn) {
			far.(*net.TCPConn).SetLinger(0)
			far.Close()
		}, func(err error) bool { return err != nil && err != io.EOF }},
		"deadline": {func(c *Conn, _ net.Conn) { c.SetReadDeadline(time.Now().Add(5 * time.Millisecond)) },
			func(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }},
		"cancellation": {func(c *Conn, _ net.Conn) { c.SetDeadline(past) },
			func(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }},
		"closing": {func(c *Conn, _ net.Conn) { c.Close() },
			func(err error) bool { return errors.Is(err, net.ErrClosed) }},
	} {
		t.Run(name, func(t *testing.T) {
			stop(t)
			near, far := pair(t)
			u := near.Use()
			u.Relax(0)
			defer u.End()
			_, end := reads(near)
			c.cause(near, far)
			if err := <-end; !c.want(err) {
				t.Error(err)
			}
		})
	}
}

// A deadline that was set from outside outlives the sweeps, and comes through
// though it was one of them that woke the reader.
func TestASweepLeavesTheDeadlineOfOthers(t *testing.T) {
	stop(t)
	c, far := pair(t)
	u := c.Use()
	u.Relax(0)
	b := make([]byte, 10)
	io.WriteString(far, "a")
	until(t, "the byte has arrived", func() bool {
		c.wake()
		return c.woken
	})
	if n, err := c.Read(b); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	u.End() // with a reader that may still be on its way
	c.woken = true
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := c.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	c.SetReadDeadline(time.Time{})
	io.WriteString(far, "b")
	if n, err := c.Read(b); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// A connection on which nothing comes is looked at no longer: the next byte is
// read as it comes, and when they come quickly they are coalesced again.
func TestWhatComesSeldomIsReadAsItComes(t *testing.T) {
	stop(t)
	c, far := pair(t)
	u := c.Use()
	u.Relax(0)
	got, _ := reads(c)
	c.wake()
	if c.idle.Load() {
		t.Error("a young connection was left alone")
	}
	c.place.turns = parts // nobody sweeps
	c.wake()
	if !c.idle.Load() || sweeps.n != 0 {
		t.Errorf("nothing came, and it is swept: idle %v, %d", c.idle.Load(), sweeps.n)
	}
	io.WriteString(far, "a")
	<-got // without a sweep
	c.mu.Lock()
	c.last = time.Now().Add(time.Hour) // the next byte comes soon after
	c.mu.Unlock()
	io.WriteString(far, "b")
	<-got
	until(t, "it is swept again", func() bool { return !c.idle.Load() })
	far.Close()
	u.End()
	if sweeps.n != 0 {
		t.Errorf("%d connections are still swept", sweeps.n)
	}
}

// A taker is one that takes what the test says.
type taker struct {
	taken Taken
	calls int
}

func (k *taker) Take() Taken {
	k.calls++
	return k.taken
}

// What a taker takes wakes no reader, and one that has nothing to do but wait is
// left alone in the end.
func TestATakerSparesTheReader(t *testing.T) {
	stop(t)
	c, far := pair(t)
	k := &taker{taken: All}
	u := c.Use()
	u.Leave(k, 0)
	io.WriteString(far, "a")
	c.wake()
	if k.calls != 1 || c.woken {
		t.Errorf("it took %d times, the reader woken: %v", k.calls, c.woken)
	}
	k.taken = Nothing
	c.wake()
	if c.woken || c.idle.Load() {
		t.Errorf("nothing had come on a young one: the reader woken %v, left alone %v", c.woken, c.idle.Load())
	}
	c.place.turns = parts
	c.wake()
	if c.woken || !c.idle.Load() {
		t.Errorf("nothing had come: the reader woken %v, left alone %v", c.woken, c.idle.Load())
	}
	c.wake()
	if k.calls != 3 {
		t.Errorf("one that is left alone was asked: %d calls", k.calls)
	}
	u.End()
	u = c.Use()
	k.taken = Reader
	u.Leave(k, 0)
	c.wake()
	if !c.woken {
		t.Error("the reader was not woken for what the taker left to it")
	}
	got, _ := reads(c)
	if s := <-got; s != "a" {
		t.Errorf("read %q", s)
	}
	u.Hurry()
	if c.taker != nil {
		t.Error("one in haste has a taker")
	}
	u.End()
	far.Close()
}

// All that are due are looked at, however many there are.
func TestACrowdIsSweptByAll(t *testing.T) {
	for _, n := range []int{0, 1, crowd, crowd + 1, 10*crowd + 7} {
		due, takers := make([]*Conn, n), make([]taker, n)
		for i := range due {
			takers[i].taken = All
			due[i] = &Conn{on: true, taker: &takers[i]}
		}
		wakeAll(due)
		for i := range takers {
			if takers[i].calls != 1 {
				t.Fatalf("of %d, number %d was looked at %d times", n, i, takers[i].calls)
			}
		}
	}
}

// Users come and go while sweeps are under way, on many connections.
func TestUsersComeAndGoDuringSweeps(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		c, far := pair(t)
		got, end := reads(c)
		all.Go(func() {
			var others sync.WaitGroup
			for range 4 {
				others.Go(func() {
					for range 50 {
						u := c.Use()
						u.Relax(0)
						io.WriteString(far, "x")
						c.wake()
						u.Hurry()
						u.End()
					}
				})
			}
			others.Wait()
			far.Close()
			n := 0
			for s := range got {
				n += len(s)
			}
			if err := <-end; err != io.EOF || n != 200 {
				t.Errorf("%d of 200 bytes came, %v", n, err)
			}
		})
	}
	all.Wait()
	if sweeps.n != 0 {
		t.Errorf("%d connections are still swept", sweeps.n)
	}
}

func TestOnlySocketsAreWrapped(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if Wrap(a) != a || Of(a) != nil {
		t.Error("a pipe was wrapped")
	}
	u := Of(a).Use()
	u.Relax(0)
	u.Hurry()
	u.End()
}
