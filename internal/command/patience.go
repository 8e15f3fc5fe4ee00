package command

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/tamed"
	"github.com/seed-1814a72b/paceline/journal"
)

// quietFor is for how long a command reads without a word.
const quietFor = time.Second

// A Patience goes with work that may take long: it says so on standard error
// after a second, and hears the user who has none.
type Patience struct {
	env     *Env
	Stopped atomic.Bool
	over    chan struct{}
	wait    sync.WaitGroup
}

// StartPatience begins; end must be called.
func StartPatience(env *Env, what string) *Patience {
	p := &Patience{env: env, over: make(chan struct{})}
	p.wait.Go(func() { p.watch(what) })
	return p
}

func (p *Patience) watch(what string) {
	began := p.env.Now()
	tick := time.NewTicker(quietFor)
	defer tick.Stop()
	said := false
	for {
		select {
		case <-p.over:
			if said && p.env.StderrTerminal {
				fmt.Fprint(p.env.Stderr, "\r\x1b[K")
			}
			return
		case <-p.env.Signals:
			p.Stopped.Store(true)
		case <-tick.C:
			p.say(what, p.env.Now().Sub(began), said)
			said = true
		}
	}
}

// say tells of the work: on a terminal every second on one line, elsewhere once.
func (p *Patience) say(what string, took time.Duration, again bool) {
	switch {
	case p.env.StderrTerminal:
		fmt.Fprintf(p.env.Stderr, "\r\x1b[Kpaceline: %s, %s", tamed.Text(what), numeral.Span(took))
	case !again:
		fmt.Fprintf(p.env.Stderr, "paceline: %s\n", tamed.Text(what))
	}
}

// End joins it.
func (p *Patience) End() {
	close(p.over)
	p.wait.Wait()
}

// ErrEndedByUser ends a reading that a signal has stopped.
var ErrEndedByUser = &Exit{ExitInterrupted, errors.New("interrupted")}

// Visitor returns v, ended by the user.
func (p *Patience) Visitor(v journal.Visitor) journal.Visitor {
	return journal.Visitor{
		Identity: v.Identity,
		Session:  patient(p, v.Session), Intent: patient(p, v.Intent), Attempt: patient(p, v.Attempt),
		Entry: patient(p, v.Entry), Moment: patient(p, v.Moment),
	}
}

func patient[T any](p *Patience, f func(T) error) func(T) error {
	if f == nil {
		return nil
	}
	return func(x T) error {
		if p.Stopped.Load() {
			return ErrEndedByUser
		}
		return f(x)
	}
}
