package live

import "github.com/seed-1814a72b/paceline/internal/command"

// A Pilot gives a run the orders of `paceline ctl`: pause, resume, faster, slower.
// It is safe for concurrent use.
type Pilot interface {
	// Steer carries an order out and says what that changed, or why it did not.
	Steer(do string) (said string)
	// Held reports whether the run is paused by hand.
	Held() bool
}

// A keypad carries out what keys ask for.
type keypad struct {
	view *View
	ctl  Pilot
	quit func() // as Ctrl-C
}

// TakeKeys begins to listen to the keyboard where a block is drawn and nobody
// else reads from the terminal. What it returns ends it, and must be called.
func TakeKeys(env *command.Env, view *View, ctl Pilot, quit func()) (stop func()) {
	if view.opts.Size == nil || view.opts.Quiet || !env.StdinTerminal || env.Keys == nil {
		return func() {}
	}
	keys, release, err := env.Keys(view.anew)
	if err != nil { // a terminal that has none; Ctrl-C and 'paceline ctl' do
		return func() {}
	}
	p := keypad{view, ctl, quit}
	view.offerKeys(ctl.Held)
	joined := make(chan struct{})
	go func() {
		defer close(joined)
		for key := range keys {
			p.press(key)
		}
	}()
	return func() {
		release()
		<-joined
	}
}

func (p *keypad) press(key byte) {
	switch key {
	case 'p', ' ':
		p.toggle()
	case '+', '=':
		p.order("faster")
	case '-', '_':
		p.order("slower")
	case 'q':
		p.quit()
		p.view.refresh()
	case '?':
		p.view.tell(func(k *keyLine) { k.Help = !k.Help })
	}
}

// toggle pauses a run, or lets it go on.
func (p *keypad) toggle() {
	if p.ctl.Held() {
		p.order("resume")
		return
	}
	p.order("pause")
}

// order has an order carried out and shows what it did.
func (p *keypad) order(do string) {
	said := p.ctl.Steer(do)
	p.view.tell(func(k *keyLine) { k.Said = said })
}
