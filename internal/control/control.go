// Package control gives orders to a run under way: those of `paceline ctl` over a
// socket beside its output, and those of whoever holds its [Control].
package control

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// A controlled is what can be asked of a running engine; a paceline.Engine is
// one. Its methods are safe for concurrent use.
type controlled interface {
	Stats() paceline.Stats
	SetLimits(endpoint string, l paceline.Limits) error
	SetModelLimits(endpoint, model string, l paceline.Limits) error
	Pause()
	Resume()
}

// A Control carries out the orders of `paceline ctl` on a run. One goroutine
// owns all of its state; one more accepts connections, and each connection has
// its own. All of them are joined by Close.
type Control struct {
	engine    controlled
	facts     status.Facts
	endpoints []pool.Endpoint // with the limits that were given for them last
	models    Models
	began     time.Time
	held      atomic.Bool
	meter     status.Meter
	lowered   map[loweredLimit]float64 // limits that "slower" has set where none was given: what was in force
	said      string                   // of the last order, what it changed

	asked chan asked
	quit  chan struct{}
	wait  sync.WaitGroup
}

// asked is an order with the place for its answer.
type asked struct {
	order Order
	reply chan Answer
}

// Models is what is known of the models of a run. Its functions are called from
// one goroutine of the control's.
type Models struct {
	// Unpriced returns a model if its price is not known, for "" any such; "": none.
	// nil: all prices are known.
	Unpriced func(model string) string
	// Unasked returns, for a model that nothing asks for, those that something asks
	// for; "" for one that may be asked for. nil: nobody knows.
	Unasked func(model string) (asked string)
	// Fits returns why a limit on tokens of the endpoint is one that a single request
	// exceeds, so that nothing would be sent any more. nil: nobody knows.
	Fits func(e *pool.Endpoint) error
}

// Start begins to take orders, from those who connect to listener, which
// it closes in the end; nil: only from those who have the control.
func Start(engine controlled, facts status.Facts, endpoints []pool.Endpoint, models Models, listener net.Listener) *Control {
	c := &Control{
		engine: engine, facts: facts, endpoints: append([]pool.Endpoint(nil), endpoints...), models: models, began: time.Now(),
		lowered: map[loweredLimit]float64{},
		asked:   make(chan asked), quit: make(chan struct{}),
	}
	c.wait.Go(c.loop)
	if listener == nil {
		return c
	}
	c.wait.Go(func() { c.accept(listener) })
	c.wait.Go(func() {
		<-c.quit
		// There is nobody to tell that a socket could not be closed.
		_ = listener.Close()
	})
	return c
}

// Close ends the listening and all connections, and joins what was started. It
// must be called once.
func (c *Control) Close() {
	close(c.quit)
	c.wait.Wait()
}

// loop carries orders out, one after the other, and looks once a second so that
// the rate is known when somebody asks.
func (c *Control) loop() {
	tick := time.NewTicker(status.LookEvery)
	defer tick.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-tick.C:
			c.look()
		case a := <-c.asked:
			a.reply <- c.carryOut(&a.order)
		}
	}
}

// look takes a snapshot of the run.
func (c *Control) look() status.State { return c.judge(c.engine.Stats()) }

// judge says how a run stands that has these counters now.
func (c *Control) judge(st paceline.Stats) status.State {
	now := time.Now()
	st.Elapsed = now.Sub(c.began)
	return status.State{Facts: c.facts, Stats: st, Pace: c.meter.Observe(now, st, c.facts.Total)}
}

// carryOut does what was asked and returns how the run stands then.
func (c *Control) carryOut(o *Order) Answer {
	c.said = ""
	if err := c.do(o); err != nil {
		return Answer{Error: err.Error()}
	}
	if o.Do != "status" {
		// The first snapshot may be taken before admission has acted on the order.
		c.engine.Stats()
	}
	return c.tell(c.look())
}

// Ended returns how the run stands that has ended with these counters. Only
// after Close may it be called.
func (c *Control) Ended(st paceline.Stats) Answer { return c.tell(c.judge(st)) }

// tell returns a state as an answer.
func (c *Control) tell(state status.State) Answer {
	status := status.Of(state, c.held.Load())
	for i := range c.endpoints {
		status.Endpoints = append(status.Endpoints, NewEndpointStatus(&c.endpoints[i]))
	}
	status.TellEndpoints(state.Stats.Pace.Endpoints)
	return Answer{Status: status, Said: c.said, Stats: state.Stats}
}

func (c *Control) do(o *Order) error {
	switch o.Do {
	case "status":
	case "pause":
		c.held.Store(true)
		c.engine.Pause()
	case "resume":
		c.held.Store(false)
		c.engine.Resume()
	case "set":
		c.forgetLowered(o)
		return c.set(o)
	case "faster", "slower":
		return c.nudge(o.Do == "faster")
	default:
		return fmt.Errorf("%q is no order; they are status, pause, resume, set, faster, slower", o.Do)
	}
	return nil
}

// set changes the limits that were named, of one endpoint or of all. All of
// them are checked before any is changed.
func (c *Control) set(o *Order) error {
	if o.Model != "" && c.models.Unasked != nil {
		if asked := c.models.Unasked(o.Model); asked != "" {
			return fmt.Errorf("no item asks for the model %q; they ask for %s", o.Model, asked)
		}
	}
	if _, money := o.Limits["usd-per-hour"]; money && c.models.Unpriced != nil {
		if model := c.models.Unpriced(o.Model); model != "" {
			return fmt.Errorf("usd-per-hour: the price of %s is not known; it is given to 'paceline run' with --price", model)
		}
	}
	changed := append([]pool.Endpoint(nil), c.endpoints...)
	found := false
	for i := range changed {
		if e := &changed[i]; o.Endpoint == "" || e.Name == o.Endpoint {
			found = true
			if err := c.change(e, o); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("there is no endpoint %q; the endpoints are %s", o.Endpoint, c.names())
	}
	for i := range changed {
		if err := c.apply(&changed[i], &c.endpoints[i], o.Model); err != nil {
			return err
		}
		c.endpoints[i] = changed[i]
	}
	return nil
}

// change changes the limits of an endpoint that were named, if a request may still be
// sent then.
func (c *Control) change(e *pool.Endpoint, o *Order) error {
	if err := e.Change(o.Model, o.Limits); err != nil || c.models.Fits == nil {
		return err
	}
	return c.models.Fits(e)
}

// apply gives the engine the limits of an endpoint, or of one of its models,
// where they are not what they were.
func (c *Control) apply(e, was *pool.Endpoint, model string) error {
	if model != "" {
		if l := e.Models[model]; l != was.Models[model] {
			return c.engine.SetModelLimits(e.Name, model, l.Library())
		}
		return nil
	}
	if e.Limits != was.Limits {
		return c.engine.SetLimits(e.Name, e.Library())
	}
	return nil
}

// Steer carries out an order of a key and says what that changed, or why it did
// not. It is safe for concurrent use.
func (c *Control) Steer(do string) (said string) {
	a := c.Order(Order{Do: do})
	if a.Error != "" {
		return a.Error
	}
	return a.Said
}

// Held reports whether the run is paused by hand. It is safe for concurrent use.
func (c *Control) Held() bool { return c.held.Load() }

func (c *Control) names() string {
	names := ""
	for i := range c.endpoints {
		names += ", " + c.endpoints[i].Name
	}
	return names[len(", "):]
}

// accept serves everybody who connects until quit.
func (c *Control) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err == nil {
			c.wait.Go(func() { c.serve(conn) })
			continue
		}
		select {
		case <-c.quit:
			return
		case <-time.After(100 * time.Millisecond): // out of file descriptors, it may be
		}
	}
}

// serve answers one connection's orders, a line each, until it ends or quit.
func (c *Control) serve(conn net.Conn) {
	done := make(chan struct{})
	c.wait.Go(func() {
		select {
		case <-c.quit:
		case <-done:
		}
		// There is nobody to tell that it could not be closed.
		_ = conn.Close()
	})
	defer close(done)
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, maxOrder)
	for lines.Scan() {
		if _, err := conn.Write(WireLine(c.ask(lines.Bytes()))); err != nil {
			return
		}
	}
}

// ask reads an order and has it carried out.
func (c *Control) ask(text []byte) Answer {
	var o Order
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return Answer{Error: "not an order: " + err.Error()}
	}
	return c.Order(o)
}

// Order has the loop carry out an order. It is safe for concurrent use.
func (c *Control) Order(o Order) Answer {
	a := asked{o, make(chan Answer, 1)}
	select {
	case c.asked <- a:
		return <-a.reply
	case <-c.quit:
		return Answer{Error: "the run has ended", Over: true}
	}
}
