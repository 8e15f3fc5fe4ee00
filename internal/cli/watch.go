package cli

import (
	"net"
	"slices"
	"sync"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/control"
	"github.com/seed-1814a72b/paceline/internal/dash"
	"github.com/seed-1814a72b/paceline/internal/live"
	"github.com/seed-1814a72b/paceline/internal/prose"
)

// A watch is all that goes along with a run while it is sent: who shows it (the
// live view, the log, the metrics, the page) and who gives it orders (keys, the
// page, `paceline ctl`). Its methods are called in the order in which they stand
// here, from the goroutine that sends.
type watch struct {
	*session
	shown    live.Options
	live     *live.View // nil: not begun
	control  *control.Control
	dropKeys func()
}

// watch adds to events whoever reads them. It must be called before the engine is
// made.
func (s *session) watch(events *eventReaders) *watch {
	w := &watch{session: s}
	s.web.read(events)
	if len(s.pool.Endpoints) > 1 {
		events.add(w.tellOut)
	}
	s.log.listen(events)
	w.shown = live.Options{Facts: s.facts(), Quiet: s.flags.quiet || s.rowsOnTerminal(), Stopping: s.interrupts.Interrupted}
	events.add(w.shown.ListErrors(s.env))
	return w
}

// begin shows the run of eng and takes orders for it.
func (w *watch) begin(eng *paceline.Engine) {
	s := w.session
	s.metrics.tell(eng, s.metricFacts())
	w.shown.Stats = eng.Stats
	w.live = live.New(s.env, w.shown)
	s.view.Store(w.live)
	s.log.attach(eng, w.shown.Facts)
	s.interrupts.Attach(eng, w.notices(w.live))
	w.control = w.takeOrders(eng)
	w.dropKeys = sync.OnceFunc(w.takeKeys())
	s.web.begin(eng, w.control, dash.Facts{Budget: s.budgets()}, w.live)
}

// end shows how the run has ended, and takes no orders any more.
func (w *watch) end(sum *paceline.Summary) {
	w.live.Last(sum.Stats)
	w.dropKeys()
	w.control.Close()
	w.web.rest(w.control.Ended(sum.Stats))
	w.log.tellLost(w.session, sum)
}

// close gives the terminal back. It must be called once begin was, whatever became
// of the run, and may be called again.
func (w *watch) close() {
	w.dropKeys()
	w.view.Store(nil)
	w.live.Stop()
}

// tellOut says that an endpoint gets no further calls.
func (w *watch) tellOut(ev *paceline.Event) {
	if ev.Kind == paceline.EventOut {
		command.Warn(w.notices(w.live), "%s", w.pool.OutLine(ev.Err))
	}
}

// tellFormat says that a server does without response_format.
func (w *watch) tellFormat(err error) {
	command.Warn(w.notices(w.live), "the server refuses the schema as response_format (%v); asking without it, answers are checked here", prose.OneLine(err))
}

// takeOrders begins to take orders from keys, and from `paceline ctl` where the
// run has a journal to be named by. One that cannot listen goes on without.
func (w *watch) takeOrders(eng *paceline.Engine) *control.Control {
	var socket net.Listener
	if !w.target.toStdout {
		l, err := control.Listen(w.env, w.target.path)
		if err != nil {
			command.Warn(w.notices(w.live), "'paceline ctl' cannot reach this run: %v", err)
		} else {
			socket = l
		}
	}
	return control.Start(eng, w.facts(), w.pool.Endpoints, control.Models{Unpriced: w.unpriced, Unasked: w.unasked, Fits: w.fits}, socket)
}

// takeKeys begins to listen to the keyboard, unless the items are typed there.
func (w *watch) takeKeys() (stop func()) {
	if slices.Contains(w.inputs, "-") {
		return func() {}
	}
	return live.TakeKeys(w.env, w.live, w.control, w.interrupts.Press)
}
