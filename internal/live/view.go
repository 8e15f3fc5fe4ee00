// Package live shows a run in the terminal while it goes on, and hears its keys:
// as a block that is drawn anew five times a second, elsewhere as a line now and then.
package live

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// How often the live view looks. A terminal is drawn anew each time, often enough
// to move and seldom enough to be read; elsewhere every fifth look is written as
// a line.
const (
	frameEvery   = 200 * time.Millisecond
	looksPerLine = 5
	saidFor      = 5 * time.Second // how long it shows what a key did
)

// Around a frame: a terminal that understands them (others ignore them) shows
// nothing in between.
const (
	frameBegins = "\x1b[?2026h"
	frameEnds   = "\x1b[?2026l"
)

// Options is what a live view is told.
type Options struct {
	Out   io.Writer             // standard error
	Stats func() paceline.Stats // called several times a second, from one goroutine
	Facts status.Facts
	// Size returns the terminal's columns and rows. nil: Out is no terminal,
	// and nothing but plain lines goes there.
	Size  func() (columns, rows int)
	Color bool // a terminal that may be coloured (NO_COLOR is not set)
	ASCII bool // a terminal that is not known to show UTF-8
	Quiet bool // draw nothing; log lines pass through

	Errors   *errorList           // nil: none are shown
	JSON     *command.JSONNotices // standard error takes objects; nil: text
	Stopping func() bool          // whether the run was interrupted; nil: never
}

// View shows a run while it goes on. It only reads: nothing in the run waits
// for it, except who logs through it. Its Write takes log lines and prints
// them above the block; it is safe for concurrent use.
type View struct {
	opts  Options
	began time.Time
	stop  chan struct{}
	ended chan struct{}
	wake  chan struct{} // asks for a frame now; holds one
	once  sync.Once

	meter   status.Meter // of the goroutine that looks
	history history      // likewise
	unheard bool         // likewise: it was said at once that nothing is answered
	final   atomic.Pointer[paceline.Stats]

	mu     sync.Mutex // guards what follows; never held while the terminal is waited for
	keys   keyLine
	held   func() bool // whether the run is paused by hand; nil: nobody can
	saidAt time.Time
	lost   bool // others have written where the block stands

	out     sync.Mutex   // guards what follows and every write to opts.Out
	block   standing     // as it stands on the terminal
	partial []byte       // a log line whose end has not come
	sent    bytes.Buffer // what is written for a frame: its memory serves for all
	dead    bool         // Out failed: it is closed; nothing more is written
}

// start prints the headline and begins to show the run. The caller ends it
// with [View.Stop].
func start(o Options) *View {
	l := &View{opts: o, began: time.Now(), stop: make(chan struct{}), ended: make(chan struct{}), wake: make(chan struct{}, 1)}
	if o.Quiet {
		close(l.ended)
		return l
	}
	l.out.Lock()
	if o.JSON != nil {
		o.JSON.Info("run begins", o.Facts.Attrs()...)
	} else {
		l.put([]byte(o.Facts.Headline() + "\n"))
	}
	l.out.Unlock()
	go l.loop()
	return l
}

// Last gives the figures at the end, which Stop draws: an engine that shuts down
// counts no longer while the last rows are still being written.
// No keys are heard any more. It does not wait for the terminal.
func (l *View) Last(st paceline.Stats) {
	l.final.Store(&st)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys.On = false
}

// Stop draws the last state, joins the view's goroutine and leaves the cursor
// on a fresh line. It may be called more than once. Write keeps working.
func (l *View) Stop() {
	l.once.Do(func() { close(l.stop) })
	<-l.ended
}

func (l *View) loop() {
	defer close(l.ended)
	every := status.LookEvery
	if l.opts.Size != nil {
		every = frameEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		l.show(l.look(), n)
		select {
		case <-tick.C:
		case <-l.wake:
		case <-l.stop:
			l.finish()
			return
		}
	}
}

// tell changes what the view says of the keys, by f, and has it shown now.
func (l *View) tell(f func(*keyLine)) {
	l.mu.Lock()
	f(&l.keys)
	l.saidAt = time.Now()
	l.mu.Unlock()
	l.refresh()
}

// offerKeys shows the keys from now on. held tells whether they, or others, have
// paused the run.
func (l *View) offerKeys(held func() bool) {
	l.mu.Lock()
	l.held = held
	l.mu.Unlock()
	l.tell(func(k *keyLine) { k.On = true })
}

// anew has the block drawn below what stands on the terminal: others have
// written there.
func (l *View) anew() {
	l.mu.Lock()
	l.lost = true
	l.mu.Unlock()
	l.refresh()
}

// refresh asks for a frame now.
func (l *View) refresh() {
	if l.opts.Size == nil { // lines come by the clock
		return
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// show writes the n-th look as a frame or, when it is due, as a line; by one
// write.
func (l *View) show(state frame, n int) {
	l.out.Lock()
	defer l.out.Unlock()
	if l.opts.Size == nil {
		if unheard := state.Unheard() && !l.unheard; unheard || n > 0 && n%looksPerLine == 0 {
			l.unheard = l.unheard || unheard
			l.putLine(&state)
		}
		return
	}
	columns, rows := l.opts.Size()
	l.put(l.replace(drawBlock(state, columns, rows, l.opts.ASCII), columns, rows))
}

// finish leaves the state at the end: of the block its first line stays.
func (l *View) finish() {
	state := l.look()
	state.Ended = true
	l.out.Lock()
	defer l.out.Unlock()
	if l.opts.Size == nil {
		l.putLine(&state)
		return
	}
	columns, rows := l.opts.Size()
	block := drawBlock(state, columns, rows, l.opts.ASCII)
	l.put(l.replace(block[:1], columns, rows))
	l.block = standing{}
}

// putLine writes a look as a line, for which l.out is held.
func (l *View) putLine(state *frame) {
	if l.opts.JSON != nil {
		l.opts.JSON.Info("progress", state.Attrs()...)
		return
	}
	l.put([]byte(plainLine(*state) + "\n"))
}

// look takes a snapshot. Time elapses from the view's beginning: an engine may
// have done other things before.
func (l *View) look() frame {
	now, st := time.Now(), l.stats()
	st.Elapsed = now.Sub(l.began)
	s := frame{State: status.State{Facts: l.opts.Facts, Stats: st, Pace: l.meter.Observe(now, st, l.opts.Facts.Total)}}
	l.history.observe(st.Elapsed, st.Ended())
	s.History, s.Span = l.history.speeds(sparkMost)
	if l.opts.Errors != nil {
		s.Errors = l.opts.Errors.list()
	}
	s.Stopping = l.opts.Stopping != nil && l.opts.Stopping()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.saidAt) > saidFor {
		l.keys.Said = ""
	}
	s.Keys = l.keys
	s.Held = l.held != nil && l.held()
	return s
}

func (l *View) stats() paceline.Stats {
	if final := l.final.Load(); final != nil {
		return *final
	}
	return l.opts.Stats()
}

// replace returns what replaces the block on the terminal by another: the cursor
// goes up to its first line, each line is written over and its rest erased, so
// that nothing is blank in between; the cursor ends below the block. It stands in
// l.sent, until the next frame.
func (l *View) replace(lines []line, columns, rows int) []byte {
	b := &l.sent
	b.Reset()
	l.forget()
	b.WriteString(frameBegins)
	b.WriteString(l.block.home(columns))
	l.paint(b, lines)
	b.WriteString("\x1b[J" + frameEnds)
	l.block.draw(lines, columns, rows)
	return b.Bytes()
}

// forget leaves the block alone, where it is not what stands there any more.
func (l *View) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost {
		l.block, l.lost = standing{}, false
	}
}

func (l *View) paint(b *bytes.Buffer, lines []line) {
	for _, ln := range lines {
		ln.write(b, l.opts.Color)
		b.WriteString("\x1b[K\n")
	}
}

// Write prints whole lines above the block; the start of a line waits for its
// end. It never returns an error: who logs has no use for it.
func (l *View) Write(p []byte) (int, error) {
	l.out.Lock()
	defer l.out.Unlock()
	l.partial = append(l.partial, p...)
	end := bytes.LastIndexByte(l.partial, '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	lines := l.partial[:end]
	l.forget()
	if len(l.block.lines) > 0 {
		lines = l.above(lines)
	}
	l.put(lines)
	l.partial = append(l.partial[:0], l.partial[end:]...)
	return len(p), nil
}

// above returns what writes log lines where the block stands and the block
// anew below them.
func (l *View) above(lines []byte) []byte {
	columns, rows := l.opts.Size()
	var b bytes.Buffer
	b.WriteString(frameBegins + l.block.home(columns) + "\x1b[J")
	b.Write(lines)
	shown := l.block.fitting(columns, rows)
	l.paint(&b, shown)
	b.WriteString(frameEnds)
	l.block = standing{}
	l.block.draw(shown, columns, rows)
	return b.Bytes()
}

// put writes b to Out, for which l.out is held.
func (l *View) put(b []byte) {
	if l.dead {
		return
	}
	if _, err := l.opts.Out.Write(b); err != nil {
		l.dead = true
	}
}

// New shows a run on the environment's standard error: as a block if that
// is a terminal, else as plain lines. Rows that go to the same terminal would
// tear a block apart: there it is lines too.
func New(env *command.Env, o Options) *View {
	facts := &o.Facts
	rowsBeside := facts.Output == command.StdoutPath && env.StdoutTerminal
	if facts.Output == command.StdoutPath {
		facts.Output = "standard output"
	}
	o.Out = env.Stderr
	o.JSON, _ = env.Stderr.(*command.JSONNotices)
	if o.JSON == nil && env.StderrTerminal && !rowsBeside && env.Getenv("TERM") != "dumb" && enableEscapes(env.Stderr) {
		o.Size = terminalOr80(env.Size)
		o.Color = env.Getenv("NO_COLOR") == ""
		o.ASCII = !speaksUTF8(env.Getenv)
	}
	return start(o)
}

// ListErrors has the errors of attempts listed where a block may be drawn, and
// returns what must be told of them; nil where nobody lists any.
func (o *Options) ListErrors(env *command.Env) (observe func(*paceline.Event)) {
	if _, json := env.Stderr.(*command.JSONNotices); json || !env.StderrTerminal || o.Quiet {
		return nil
	}
	o.Errors = new(errorList)
	return o.Errors.Observe
}

// terminalOr80 returns size, with 80 columns and 24 rows where the terminal
// does not say.
func terminalOr80(size func() (int, int)) func() (int, int) {
	return func() (columns, rows int) {
		columns, rows = size()
		if columns <= 0 || rows <= 0 {
			return 80, 24
		}
		return columns, rows
	}
}

// Notice passes a line on to a standard error of JSON, else prints it above the
// block.
func (l *View) Notice(level slog.Level, line string) {
	if l.opts.JSON != nil {
		l.opts.JSON.Notice(level, line)
		return
	}
	fmt.Fprintln(l, line)
}
