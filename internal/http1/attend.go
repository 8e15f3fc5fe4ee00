package http1

import (
	"errors"
	"sync"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
)

// errDry is what reading gives that must not wait, where nothing is there.
var errDry = errors.New("http1: nothing has come")

// An attendance is how a body is read by two: by the call's own goroutine, and by
// another on its behalf while it waits. Whoever reads holds turn; the call's
// goroutine needs it only from when it begins to wait until it is back.
type attendance struct {
	attended *Response // whose body it is, nil: nobody's; the call's goroutine changes it
	short    bool      // reading found less than it needed

	turn   sync.Mutex
	away   bool // the call's goroutine waits, and another may read
	handed bool // and has found something that it leaves to that one
	taking bool // it calls take
	broke  any  // what take has panicked with, for the call's goroutine
}

// atOnce is how many buffers are read on a call's behalf in one go. Who reads for all
// must not be kept by one whose server sends without a pause.
const atOnce = 4

// Attend has Read not wait from now on: where nothing has come it returns 0 and no
// error, and Wait waits. Once the answer is relaxed ([Response.Relax]), take is
// called while Wait waits, by a goroutine that has read for it: it is to Read until
// there is nothing, and reports whether Wait is to wait on. What ends the body is
// left for who called Wait, and so is a panic of take. Until [Response.Hurry]. It
// reports false where that cannot be, and nothing has changed.
func (r *Response) Attend(take func() bool) bool {
	if r.conn == nil || r.conn.paced == nil || !r.conn.polled() {
		return false
	}
	r.take = take
	r.conn.attend(r)
	return true
}

func (cn *conn) attend(r *Response) {
	cn.turn.Lock()
	defer cn.turn.Unlock()
	cn.attended, cn.short = r, false
}

// wait waits until something more is buffered, nothing can be, or another has read
// what came and left the rest to this goroutine.
func (cn *conn) wait() {
	if cn.failed != nil || len(cn.buffered()) > 0 && !cn.short {
		return
	}
	cn.short = false
	if cn.polled() && cn.room() { // without what more needs, for the sake of thousands of stacks
		cn.failed = cn.sock.fill(cn)
		return
	}
	cn.failed = cn.more()
}

// dry is fill that must not wait.
func (cn *conn) dry() error {
	if cn.failed != nil {
		return cn.failed
	}
	cn.short = true
	return errDry
}

// back says that the call's goroutine reads itself again, and reports whether
// another has handed over to it.
func (cn *conn) back() (handed bool) {
	cn.turn.Lock()
	defer cn.turn.Unlock()
	handed = cn.handed
	cn.away, cn.handed = false, false
	return handed
}

// Take implements [coalesce.Taker].
func (cn *conn) Take() coalesce.Taken {
	cn.turn.Lock()
	defer cn.turn.Unlock()
	if cn.attended == nil || !cn.away || cn.handed {
		return coalesce.Reader
	}
	taken := coalesce.Nothing
	for n := 0; n < atOnce && cn.room(); n++ {
		space := bufferSize - cn.end
		got, err := cn.sock.take()
		if err == errDry {
			return taken
		}
		if cn.failed = cn.filled(got, err); cn.failed != nil || !cn.pass() {
			break
		}
		taken = coalesce.All
		if got < space {
			return taken
		}
	}
	cn.handed = true
	return coalesce.Reader
}

// pass has what was read taken, and reports whether the call's goroutine need not
// come back. A panic is left to that.
func (cn *conn) pass() (goesOn bool) {
	defer func() {
		cn.taking = false
		if p := recover(); p != nil {
			cn.broke, goesOn = p, false
		}
	}()
	cn.taking, cn.short = true, false
	return cn.attended.take() && cn.attended.ending == nil
}

// rethrow panics where take has, which nobody but the call's goroutine can recover.
func (cn *conn) rethrow() {
	if p := cn.broke; p != nil {
		cn.broke = nil
		panic(p)
	}
}
