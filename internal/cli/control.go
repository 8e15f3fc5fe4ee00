package cli

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
	"github.com/seed-1814a72b/paceline/internal/dash"
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

// A control carries out the orders of `paceline ctl` on a run. One goroutine
// owns all of its state; one more accepts connections, and each connection has
// its own. All of them are joined by close.
type control struct {
	engine    controlled
	facts     status.Facts
	endpoints []pool.Endpoint           // with the limits that were given for them last
	unpriced  func(model string) string // the model if its price is not known, for "" any such; "": none
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
	order order
	reply chan answer
}

// startControl begins to take orders, from those who connect to listener, which
// it closes in the end; nil: only from those who have the control.
func startControl(engine controlled, facts status.Facts, endpoints []pool.Endpoint, unpriced func(string) string, listener net.Listener) *control {
	c := &control{
		engine: engine, facts: facts, endpoints: append([]pool.Endpoint(nil), endpoints...), unpriced: unpriced, began: time.Now(),
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

// close ends the listening and all connections, and joins what was started. It
// must be called once.
func (c *control) close() {
	close(c.quit)
	c.wait.Wait()
}

// loop carries orders out, one after the other, and looks once a second so that
// the rate is known when somebody asks.
func (c *control) loop() {
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
func (c *control) look() status.State { return c.judge(c.engine.Stats()) }

// judge says how a run stands that has these counters now.
func (c *control) judge(st paceline.Stats) status.State {
	now := time.Now()
	st.Elapsed = now.Sub(c.began)
	return status.State{Facts: c.facts, Stats: st, Pace: c.meter.Observe(now, st, c.facts.Total)}
}

// carryOut does what was asked and returns how the run stands then.
func (c *control) carryOut(o *order) answer {
	c.said = ""
	if err := c.do(o); err != nil {
		return answer{Error: err.Error()}
	}
	// The first snapshot may be taken before admission has acted on the order.
	c.engine.Stats()
	return c.tell(c.look())
}

// ended returns how the run stands that has ended with these counters. Only
// after close may it be called.
func (c *control) ended(st paceline.Stats) answer { return c.tell(c.judge(st)) }

// tell returns a state as an answer.
func (c *control) tell(state status.State) answer {
	status := status.Of(state, c.held.Load())
	for i := range c.endpoints {
		status.Endpoints = append(status.Endpoints, newEndpointStatus(&c.endpoints[i]))
	}
	status.TellEndpoints(state.Stats.Pace.Endpoints)
	return answer{Status: status, Said: c.said, stats: state.Stats}
}

func (c *control) do(o *order) error {
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
func (c *control) set(o *order) error {
	if _, money := o.Limits["usd-per-hour"]; money {
		if model := c.unpriced(o.Model); model != "" {
			return fmt.Errorf("usd-per-hour: the price of %s is not known; it is given to 'paceline run' with --price", model)
		}
	}
	changed := append([]pool.Endpoint(nil), c.endpoints...)
	found := false
	for i := range changed {
		if e := &changed[i]; o.Endpoint == "" || e.Name == o.Endpoint {
			found = true
			if err := e.Change(o.Model, o.Limits); err != nil {
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

// apply gives the engine the limits of an endpoint, or of one of its models,
// where they are not what they were.
func (c *control) apply(e, was *pool.Endpoint, model string) error {
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
func (c *control) Steer(do string) (said string) {
	a := c.order(order{Do: do})
	if a.Error != "" {
		return a.Error
	}
	return a.Said
}

// Held reports whether the run is paused by hand. It is safe for concurrent use.
func (c *control) Held() bool { return c.held.Load() }

func (c *control) names() string {
	names := ""
	for i := range c.endpoints {
		names += ", " + c.endpoints[i].Name
	}
	return names[len(", "):]
}

// accept serves everybody who connects until quit.
func (c *control) accept(l net.Listener) {
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
func (c *control) serve(conn net.Conn) {
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
		if _, err := conn.Write(wireLine(c.ask(lines.Bytes()))); err != nil {
			return
		}
	}
}

// ask reads an order and has it carried out.
func (c *control) ask(text []byte) answer {
	var o order
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return answer{Error: "not an order: " + err.Error()}
	}
	return c.order(o)
}

// order has the loop carry out an order. It is safe for concurrent use.
func (c *control) order(o order) answer {
	a := asked{o, make(chan answer, 1)}
	select {
	case c.asked <- a:
		return <-a.reply
	case <-c.quit:
		return answer{Error: dash.ErrEnded.Error(), over: true}
	}
}
