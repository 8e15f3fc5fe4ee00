package cli

import "github.com/seed-1814a72b/paceline"

// eventReaders is who reads the one stream of events that an engine has: the
// list of errors in the live view, the log, metrics. Each is added before the
// engine is made, gets every event in its order, from one goroutine, and must
// return soon: what it does slowly it does elsewhere, since the engine leaves
// events out, and counts them (Stats.EventsLost), when its observer is too far
// behind. An event is the reader's to look at, not to keep or to change.
type eventReaders struct {
	list   []func(*paceline.Event)
	wanted [paceline.EventLaterOver + 1]bool // the kinds of which somebody wants to know the successes
}

// add has read called with every event that tells of something amiss, and with
// the successes of these kinds at least. A nil read is nobody.
func (r *eventReaders) add(read func(*paceline.Event), successes ...paceline.EventKind) {
	if read == nil {
		return
	}
	r.list = append(r.list, read)
	for _, k := range successes {
		r.wanted[k] = true
	}
}

// tell sets what an engine tells, and whom.
func (r *eventReaders) tell(cfg *paceline.Config) {
	cfg.Observe = r.observe()
	for k, wanted := range r.wanted {
		if !wanted {
			cfg.Unobserved = append(cfg.Unobserved, paceline.EventKind(k))
		}
	}
}

// observe returns what an engine takes as Config.Observe; nil, which costs
// nothing, if nobody reads.
func (r *eventReaders) observe() func(paceline.Event) {
	if len(r.list) == 0 {
		return nil
	}
	var seen paceline.Event // one for all: each that is passed on by its address would be an allocation
	return func(ev paceline.Event) {
		seen = ev
		for _, read := range r.list {
			read(&seen)
		}
	}
}
