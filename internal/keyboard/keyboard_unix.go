//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package keyboard

import (
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// lookForForeground is how often a process in the background looks whether it
// has come to the front. No signal says so if it was never stopped.
const lookForForeground = 500 * time.Millisecond

const ctrlZ = 'Z' - '@'

// A keyboard is a terminal whose keys are read one by one. Two goroutines work on
// it, one that reads and one that takes the signals by which shells stop
// processes and let them go on.
type keyboard struct {
	fd      int
	keys    chan byte
	awake   func()
	quit    chan struct{}
	poke    [2]int // a pipe: a byte in it wakes the reader
	signals chan os.Signal
	suspend chan struct{} // Ctrl-Z was pressed
	wait    sync.WaitGroup

	mu     sync.Mutex    // guards what follows, and the terminal's settings
	before *unix.Termios // as the terminal was found; nil: not found yet
	ours   bool          // it is set to give single keys
	asleep bool          // about to be stopped: leave it alone
}

// Read reads the keys of a terminal.
func Read(terminal *os.File, awake func()) (<-chan byte, func(), error) {
	k := &keyboard{
		fd: int(terminal.Fd()), keys: make(chan byte), awake: awake, quit: make(chan struct{}),
		signals: make(chan os.Signal, 4), suspend: make(chan struct{}),
	}
	if _, err := unix.IoctlGetTermios(k.fd, getTermios); err != nil {
		return nil, nil, err
	}
	if err := unix.Pipe(k.poke[:]); err != nil {
		return nil, nil, err
	}
	unix.CloseOnExec(k.poke[0])
	unix.CloseOnExec(k.poke[1])
	// Nobody in the background is to be stopped by these: it has work to do.
	signal.Ignore(unix.SIGTTIN, unix.SIGTTOU)
	signal.Notify(k.signals, unix.SIGCONT, unix.SIGQUIT)
	k.enter() // before anybody is told of keys
	k.wait.Go(k.read)
	k.wait.Go(k.heed)
	return k.keys, k.close, nil
}

// close gives the terminal back and joins the goroutines.
func (k *keyboard) close() {
	close(k.quit)
	k.wake()
	k.wait.Wait()
	k.leave(true)
	signal.Stop(k.signals)
	signal.Reset(unix.SIGTTIN, unix.SIGTTOU)
	unix.Close(k.poke[0])
	unix.Close(k.poke[1])
}

// wake lets the reader look anew.
func (k *keyboard) wake() {
	// A pipe that takes no byte has one in it.
	_, _ = unix.Write(k.poke[1], []byte{0})
}

// enter sets the terminal so that each key is read at once and not echoed. It
// reports whether keys are ours to read. What turns keys into signals stays, save
// for Ctrl-Z: the terminal is to be given back first, and a signal that a Go
// program has once asked for stops it no more.
func (k *keyboard) enter() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asleep || !k.foreground() {
		k.ours = false
		return false
	}
	if k.ours {
		return true
	}
	found, err := unix.IoctlGetTermios(k.fd, getTermios)
	if err != nil {
		return false
	}
	if k.before == nil {
		k.before = found
	}
	set := *k.before
	set.Lflag &^= unix.ICANON | unix.ECHO
	set.Lflag |= unix.ISIG
	set.Cc[unix.VMIN], set.Cc[unix.VTIME], set.Cc[unix.VSUSP] = 1, 0, noCharacter
	k.ours = unix.IoctlSetTermios(k.fd, setTermios, &set) == nil
	return k.ours
}

// leave sets the terminal as it was found, unless it is another's now. Until it is
// woken, enter leaves it so.
func (k *keyboard) leave(asleep bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ours && k.foreground() {
		// There is nobody to tell that it cannot be set any more.
		_ = unix.IoctlSetTermios(k.fd, setTermios, k.before)
	}
	k.ours, k.asleep = false, asleep
}

// foreground reports whether this process is of the group that the terminal
// listens to.
func (k *keyboard) foreground() bool {
	group, err := unix.IoctlGetInt(k.fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// read passes keys on until quit, or until the terminal is gone.
func (k *keyboard) read() {
	defer close(k.keys)
	defer k.leave(true) // in a panic too
	for {
		mine := k.enter()
		ready, err := k.await(mine)
		select {
		case <-k.quit:
			return
		default:
		}
		if err != nil {
			return
		}
		if ready && k.foreground() && !k.pass() {
			return
		}
	}
}

// await waits for a key, if keys are to be read, for a wake, or for some time.
func (k *keyboard) await(keys bool) (ready bool, err error) {
	var set unix.FdSet
	set.Set(k.poke[0])
	if keys {
		set.Set(k.fd)
	}
	timeout := unix.NsecToTimeval(int64(lookForForeground))
	n, err := unix.Select(max(k.fd, k.poke[0])+1, &set, nil, nil, &timeout)
	switch {
	case err == unix.EINTR, err == nil && n == 0:
		return false, nil
	case err != nil:
		return false, err
	case set.IsSet(k.poke[0]):
		_, err = unix.Read(k.poke[0], make([]byte, 64))
	}
	return keys && set.IsSet(k.fd), err
}

// pass reads what was pressed and passes it on. It reports false when the terminal
// is gone.
func (k *keyboard) pass() bool {
	buf := make([]byte, 64)
	n, err := unix.Read(k.fd, buf)
	switch {
	case err == unix.EINTR || err == unix.EAGAIN || err == unix.EIO && !k.foreground():
		return true
	case err != nil || n <= 0:
		return false
	}
	for _, key := range withoutEscapes(buf[:n]) {
		k.put(key)
	}
	return true
}

// withoutEscapes returns what was pressed without arrows and the like, of which the
// letters at their end mean nothing.
func withoutEscapes(pressed []byte) (keys []byte) {
	for i := 0; i < len(pressed); i++ {
		if pressed[i] != '\x1b' {
			keys = append(keys, pressed[i])
			continue
		}
		if i++; i == len(pressed) || pressed[i] != '[' && pressed[i] != 'O' {
			continue
		}
		for i++; i < len(pressed) && (pressed[i] < '@' || pressed[i] > '~'); i++ {
		}
	}
	return keys
}

// put hands a key to whoever it is for.
func (k *keyboard) put(key byte) {
	if key == ctrlZ {
		select {
		case k.suspend <- struct{}{}:
		case <-k.quit:
		}
		return
	}
	select {
	case k.keys <- key:
	case <-k.quit:
	}
}

// heed stops the process when that was asked for, and takes signals, until quit.
func (k *keyboard) heed() {
	for {
		select {
		case <-k.quit:
			return
		case <-k.suspend:
			k.rest()
		case s := <-k.signals:
			k.take(s)
		}
	}
}

// take does what a signal asks for: the process goes on, or ends with a trace of
// all that it does.
func (k *keyboard) take(s os.Signal) {
	if s == unix.SIGCONT {
		k.rise()
		return
	}
	k.leave(true)
	signal.Reset(unix.SIGQUIT)
	_ = unix.Kill(unix.Getpid(), unix.SIGQUIT)
}

// rest gives the terminal back, stops this process and those of its group, as the
// terminal would have done, and returns when it goes on. Where no shell watches
// the group the system stops nobody: it goes on at once.
func (k *keyboard) rest() {
	k.leave(true)
	_ = unix.Kill(0, unix.SIGTSTP)
	select {
	case s := <-k.signals: // it was stopped, and goes on
		k.take(s)
	case <-time.After(time.Second):
		k.rise()
	case <-k.quit:
	}
}

// rise takes the terminal again, if it is ours to take.
func (k *keyboard) rise() {
	k.mu.Lock()
	k.ours, k.asleep = false, false // whoever had it meanwhile may have set it otherwise
	k.mu.Unlock()
	k.wake()
	k.awake()
}
