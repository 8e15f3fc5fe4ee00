package paceline

import (
	"errors"
	"fmt"
)

// Pause keeps calls from starting until [Engine.Resume]; those in flight go on.
// It may be called at any time and concurrently, and takes effect at once.
func (e *Engine) Pause() { e.box.put(message{kind: msgHold, hold: true}) }

// Resume ends what [Engine.Pause] began.
func (e *Engine) Resume() { e.box.put(message{kind: msgHold}) }

// SetLimits replaces an endpoint's limits, at once and without losing a call:
// what was taken of a limit stays taken, and where more calls are in flight than
// are now allowed, none starts until enough have ended. The endpoint is named
// as in its [Endpoint]; "" means each of them. The error names every wrong
// field, or says that there is no such endpoint; then nothing has changed.
func (e *Engine) SetLimits(endpoint string, l Limits) error {
	return e.setLimits(message{kind: msgLimits}, endpoint, l)
}

// SetModelLimits is SetLimits for what is given for one model's calls, beside
// the endpoint's own limits: see [Endpoint.Models]. The zero Limits takes it
// back.
func (e *Engine) SetModelLimits(endpoint, model string, l Limits) error {
	if model == "" {
		return errors.New("limits: the model has no name")
	}
	return e.setLimits(message{kind: msgLimits, model: model}, endpoint, l)
}

func (e *Engine) setLimits(m message, endpoint string, l Limits) error {
	if err := l.check("limits", "Limits"); err != nil {
		return err
	}
	if err := e.cfg.checkPriced(!l.Money.IsZero()); err != nil {
		return err
	}
	limits := l.flow()
	m.limits = &limits
	found := false
	for i, ep := range e.endpoints {
		if endpoint == "" || ep.name(i) == endpoint {
			found = true
			m.lane = i
			e.box.put(m)
		}
	}
	if !found {
		return fmt.Errorf("limits: there is no endpoint %q", endpoint)
	}
	return nil
}

// adjust carries out what was asked of admission.
func (d *dispatcher) adjust(m *message) {
	switch m.kind {
	case msgHold:
		d.admission.Hold(m.hold)
	case msgLimits:
		for _, t := range d.engine.endpoints[m.lane].told {
			t.repeat()
		}
		d.money.set(m.lane, m.model, m.limits.Money.N > 0)
		if m.model != "" {
			d.admission.SetModelLimits(d.engine.now(), m.lane, m.model, *m.limits)
			return
		}
		d.admission.SetLimits(d.engine.now(), m.lane, *m.limits)
	case msgTold:
		now := d.engine.now()
		d.admission.Told(now, m.attempt.lane, m.attempt.ticket.Model, *m.told)
		d.admission.Left(now, m.attempt.ticket, *m.told)
	}
}
