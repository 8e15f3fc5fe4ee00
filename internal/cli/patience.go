package cli

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

// A patience goes with work that may take long: it says so on standard error
// after a second, and hears the user who has none.
type patience struct {
	env     *Env
	stopped atomic.Bool
	over    chan struct{}
	wait    sync.WaitGroup
}

// startPatience begins; end must be called.
func startPatience(env *Env, what string) *patience {
	p := &patience{env: env, over: make(chan struct{})}
	p.wait.Go(func() { p.watch(what) })
	return p
}

func (p *patience) watch(what string) {
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
			p.stopped.Store(true)
		case <-tick.C:
			p.say(what, p.env.Now().Sub(began), said)
			said = true
		}
	}
}

// say tells of the work: on a terminal every second on one line, elsewhere once.
func (p *patience) say(what string, took time.Duration, again bool) {
	switch {
	case p.env.StderrTerminal:
		fmt.Fprintf(p.env.Stderr, "\r\x1b[Kpaceline: %s, %s", tamed.Text(what), numeral.Span(took))
	case !again:
		fmt.Fprintf(p.env.Stderr, "paceline: %s\n", tamed.Text(what))
	}
}

// end joins it.
func (p *patience) end() {
	close(p.over)
	p.wait.Wait()
}

var errEndedByUser = &exit{ExitInterrupted, errors.New("interrupted")}

// visitor returns v, ended by the user.
func (p *patience) visitor(v journal.Visitor) journal.Visitor {
	return journal.Visitor{
		Identity: v.Identity,
		Session:  patient(p, v.Session), Intent: patient(p, v.Intent), Attempt: patient(p, v.Attempt),
		Entry: patient(p, v.Entry), Moment: patient(p, v.Moment),
	}
}

func patient[T any](p *patience, f func(T) error) func(T) error {
	if f == nil {
		return nil
	}
	return func(x T) error {
		if p.stopped.Load() {
			return errEndedByUser
		}
		return f(x)
	}
}
