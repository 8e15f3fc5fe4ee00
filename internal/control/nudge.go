package control

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// nudgeStep is by how much a limit is raised or lowered at once.
const nudgeStep = 1.1

// A loweredLimit names one limit of one endpoint.
type loweredLimit struct{ endpoint, name string }

// A lever is a limit that can be raised and lowered while a run goes on.
type lever struct {
	what    string   // in words
	names   []string // as the command line has it; what is given of them is changed
	inForce func(*paceline.Stats) float64
	show    func(v float64, st *paceline.Stats) string // in the unit in which the view has it
}

var levers = map[paceline.Bottleneck]lever{
	paceline.BottleneckRequests: {"requests", []string{"rpm", "rps"},
		func(st *paceline.Stats) float64 { return st.Pace.Requests.PerSecond() * 60 },
		func(v float64, st *paceline.Stats) string { return minutely(v, st.Pace.Requests) }},
	paceline.BottleneckTokens: {"tokens", []string{"tpm"},
		func(st *paceline.Stats) float64 { return st.Pace.Tokens.PerSecond() * 60 },
		func(v float64, st *paceline.Stats) string { return minutely(v, st.Pace.Tokens) }},
	paceline.BottleneckMoney: {"money", []string{"usd-per-hour"},
		func(st *paceline.Stats) float64 { return st.Pace.Money.PerSecond() * 3600 },
		func(v float64, _ *paceline.Stats) string { return price.Dollars(v) + "/h" }},
	paceline.BottleneckConcurrency: {"calls in flight", []string{"concurrency"},
		func(st *paceline.Stats) float64 { return float64(st.Pace.InFlight) },
		func(v float64, _ *paceline.Stats) string { return numeral.RateNumber(v) }},
}

// minutely returns v a minute in the unit in which a limit is shown.
func minutely(v float64, limit paceline.Rate) string {
	return numeral.PerUnit(v/60, status.RateUnit(limit, 1))
}

// nudge raises or lowers, by a tenth, the limit that holds the run back; what it
// did stands in c.said. A limit of the user's own is changed as `paceline ctl
// set` does. One that the server tells, or that is found out or adapted, is never
// raised above itself: that would be refused calls. Lowered, it gets a limit of
// the user's own below it, which goes as it came when it is raised again. Where
// no limit holds the run back, slower means fewer calls at once than there are.
func (c *Control) nudge(up bool) error {
	state := c.look()
	held := state.Pace.HeldBy
	of, ok := levers[held]
	switch {
	case !ok && up:
		now, _ := state.WaitsFor()
		return fmt.Errorf("no limit holds the run back that could be raised (%s)", now)
	case !ok:
		held, of = paceline.BottleneckConcurrency, levers[paceline.BottleneckConcurrency]
		of.inForce = func(st *paceline.Stats) float64 { return float64(max(st.InFlight, 1)) }
	}
	orders, said, err := c.nudges(&of, &state, up)
	if err != nil {
		return err
	}
	for i := range orders {
		if err := c.set(&orders[i]); err != nil {
			return err
		}
	}
	c.said = said
	return nil
}

// nudges returns the orders that move a lever at every endpoint, and what they
// change in words.
func (c *Control) nudges(of *lever, state *status.State, up bool) (orders []Order, said string, err error) {
	was, is, free := 0.0, 0.0, false
	for i := range c.endpoints {
		e := &c.endpoints[i]
		n := c.nudgeOf(of, e, of.inForce(&state.Stats)/float64(len(c.endpoints)), up)
		if n.limits == nil {
			return nil, "", refusal(of, e, state)
		}
		orders = append(orders, Order{Do: "set", Endpoint: e.Name, Limits: n.limits})
		was, is, free = was+n.was, is+n.is, free || n.free
	}
	said = fmt.Sprintf("limit on %s: %s -> %s", of.what, of.show(was, &state.Stats), of.show(is, &state.Stats))
	if free {
		said = fmt.Sprintf("limit on %s: %s -> auto, as before", of.what, of.show(was, &state.Stats))
	}
	return orders, said, nil
}

// refusal says why a limit cannot be raised.
func refusal(of *lever, e *pool.Endpoint, state *status.State) error {
	for _, name := range slices.Sorted(maps.Keys(e.Models)) {
		l := e.Models[name]
		for _, limit := range of.names {
			if limitNumber(&l, limit) > 0 {
				return fmt.Errorf("the limit on %s is that of a model; 'paceline ctl set --model' changes it", of.what)
			}
		}
	}
	if of.what == "calls in flight" {
		return fmt.Errorf("calls in flight adapt to what the server bears, %s now; 'paceline ctl set concurrency=N' fixes them",
			of.show(of.inForce(&state.Stats), &state.Stats))
	}
	if of.inForce(&state.Stats) <= 0 {
		return errors.New("no limit that is known holds the run back")
	}
	return fmt.Errorf("the limit on %s, %s, is the server's own and is followed; there is nothing to raise",
		of.what, of.show(of.inForce(&state.Stats), &state.Stats))
}

// A nudged is what becomes of one endpoint's limits; nil: they cannot be raised.
type nudged struct {
	limits  map[string]string
	was, is float64 // by the lever's unit
	free    bool    // no limit is given any more
}

// nudgeOf moves a lever at one endpoint, where so much is in force if nothing is
// given.
func (c *Control) nudgeOf(of *lever, e *pool.Endpoint, inForce float64, up bool) (n nudged) {
	for _, name := range of.names {
		given := limitNumber(&e.Limits, name)
		if given == 0 {
			continue
		}
		from := given
		if !up && name == "concurrency" {
			from = min(given, inForce) // a limit far above what there is would hold nothing back
		}
		is, value := nudgeNumber(from, name == "concurrency", up), ""
		free, mine := c.lowered[loweredLimit{e.Name, name}]
		if n.free = mine && is >= free; n.free {
			value = "auto"
			delete(c.lowered, loweredLimit{e.Name, name})
		} else {
			value = strconv.FormatFloat(is, 'f', -1, 64)
		}
		n.put(name, value, given, is)
	}
	if n.limits != nil || up || inForce <= 0 {
		return n
	}
	name := of.names[0]
	is := nudgeNumber(inForce, name == "concurrency", false)
	c.lowered[loweredLimit{e.Name, name}] = inForce
	n.put(name, strconv.FormatFloat(is, 'f', -1, 64), inForce, is)
	return n
}

// put notes a limit. Of two on the same, requests a minute and a second, the
// lower one counts.
func (n *nudged) put(name, value string, was, is float64) {
	if name == "rps" {
		was, is = was*60, is*60
	}
	if n.limits == nil {
		n.limits, n.was, n.is = map[string]string{}, was, is
	}
	n.limits[name] = value
	n.was, n.is = min(n.was, was), min(n.is, is)
}

// forgetLowered leaves limits to whoever has set them by name.
func (c *Control) forgetLowered(o *Order) {
	for l := range c.lowered {
		if _, named := o.Limits[l.name]; named && (o.Endpoint == "" || o.Endpoint == l.endpoint) {
			delete(c.lowered, l)
		}
	}
}

// limitNumber returns the limit of that name, 0 if it is not given.
func limitNumber(l *pool.Limits, name string) float64 {
	switch name {
	case "rpm":
		return l.RPM
	case "rps":
		return l.RPS
	case "tpm":
		return l.TPM
	case "usd-per-hour":
		return l.USDPerHour
	}
	return float64(l.Concurrency)
}

// nudgeNumber returns v raised or lowered by a tenth, with two significant digits,
// so that it reads well; whole numbers by at least 1, and never to 0.
func nudgeNumber(v float64, whole, up bool) float64 {
	if up {
		v *= nudgeStep
	} else {
		v /= nudgeStep
	}
	if !whole || v >= 100 {
		return numeral.TwoDigits(v)
	}
	const tiny = 1e-9 // what is left of 11/1.1 beside 10
	if up {
		return math.Ceil(v - tiny)
	}
	return max(math.Floor(v+tiny), 1)
}
