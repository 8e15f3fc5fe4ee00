package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/control"
	"github.com/seed-1814a72b/paceline/internal/dash"
	"github.com/seed-1814a72b/paceline/internal/interrupt"
	"github.com/seed-1814a72b/paceline/internal/summary"
)

// A web is the page of a run in the browser. Its methods are called in the order
// in which they stand here, and do nothing on nil, which is no page.
type web struct {
	page     *dash.Dash
	listener *dash.Listener
	token    dash.Token
	stays    bool
	quiet    bool
	log      io.Writer

	run    *webRun      // nil: it has not begun
	server *dash.Server // likewise
	ending dash.Ending
}

// openWeb takes the address, so that it is known to be free before anything is
// sent. It returns nil if there is to be no page.
func openWeb(env *command.Env, f *webFlags, quiet bool) (*web, error) {
	if f.ui == (dash.Address{}) {
		return nil, nil
	}
	token, err := f.token(env.Getenv)
	if err != nil {
		return nil, err
	}
	listener, err := f.ui.Listen()
	if err != nil {
		return nil, fmt.Errorf("--ui: %w", err)
	}
	w := &web{page: dash.New(), listener: listener, token: token, stays: f.uiStay, quiet: quiet, log: env.Stderr}
	if token.IsZero() && !listener.Loopback() {
		w.token = dash.NewToken()
		w.quiet = false // or nobody could open it
	}
	return w, nil
}

// read lets the page see what happens.
func (w *web) read(events *eventReaders) {
	if w != nil {
		events.add(w.page.Observe)
	}
}

// begin serves the page, and says where, on log.
func (w *web) begin(eng *paceline.Engine, c *control.Control, facts dash.Facts, log io.Writer) {
	if w == nil {
		return
	}
	w.run = &webRun{control: c, measures: eng.Measures}
	w.page.Start(w.run, facts)
	w.server = dash.Serve(w.listener, w.page.Handler(w.listener.Guard(w.token)))
	w.say(log, "watch it at %s", w.listener.URL(w.token))
}

func (w *web) say(log io.Writer, format string, args ...any) {
	if !w.quiet {
		fmt.Fprintf(log, "paceline: "+format+"\n", args...)
	}
}

// finished shows an item that has ended.
func (w *web) finished(r *paceline.Result) {
	if w != nil {
		w.page.Finished(r)
	}
}

// rest takes how the run stands now that its control is closed.
func (w *web) rest(last control.Answer) {
	if w != nil {
		w.ending.Stats, w.ending.Status = w.run.rest(last)
	}
}

// end tells those who read the page what the run came to.
func (w *web) end(sum *summary.Summary) {
	if w != nil && w.run != nil {
		w.ending.Summary = sum.Encode()
		w.page.End(w.ending)
	}
}

// stay keeps the page up until somebody ends the program, if that was asked for
// and nobody has.
func (w *web) stay(ctx context.Context, i *interrupt.Interrupts) {
	if w == nil || w.run == nil || !w.stays || i.Interrupted() {
		return
	}
	i.Attach(nil, w.log)
	w.say(w.log, "the page stays at %s; Ctrl-C ends it", w.listener.URL(w.token))
	<-ctx.Done()
}

// close ends the page. What stands in browsers stays readable.
func (w *web) close() {
	if w == nil {
		return
	}
	if w.run == nil {
		// Nobody was told of it; there is nothing to lose.
		_ = w.listener.Close()
		return
	}
	w.page.Close()
	w.server.Close()
}

// A webRun is a run as its page sees it: through its control, the same as
// `paceline ctl`, and after the control's end as it stood last. It is safe for
// concurrent use.
type webRun struct {
	control       *control.Control
	measures      func() paceline.Measures
	begun, totals paceline.Distribution // as they were told last

	mu     sync.Mutex
	last   control.Answer
	status json.RawMessage // of last
}

// Look returns how the run stands.
func (w *webRun) Look() (paceline.Stats, json.RawMessage) {
	now := w.control.Order(control.Order{Do: "status"})
	if now.Error != "" {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.last.Stats, w.status
	}
	return w.rest(now)
}

// Latencies returns those since the last call.
func (w *webRun) Latencies() (firstToken, total paceline.Latency) {
	m := w.measures()
	firstToken, total = m.Begun.Since(w.begun), m.Totals.Since(w.totals)
	w.begun, w.totals = m.Begun, m.Totals
	return firstToken, total
}

// rest notes how the run stands.
func (w *webRun) rest(now control.Answer) (paceline.Stats, json.RawMessage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.status = now, control.WireLine(now.Status)
	return w.last.Stats, w.status
}

// Do carries out an order.
func (w *webRun) Do(o dash.Order) (json.RawMessage, error) {
	a := w.control.Order(control.Order{Do: o.Do, Endpoint: o.Endpoint, Model: o.Model, Limits: o.Limits})
	switch {
	case a.Over:
		return nil, dash.ErrEnded
	case a.Error != "":
		return nil, errors.New(a.Error)
	}
	return control.WireLine(a.Status), nil
}
