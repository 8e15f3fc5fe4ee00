package paceline

import "github.com/seed-1814a72b/paceline/internal/flow"

// pace says how the endpoints stand together: they are paused while all are.
func (e *Engine) pace(state flow.State, now flow.Instant) Pace {
	p := Pace{LimitedBy: state.Cause.String()}
	soonest, down, first := flow.Never, true, true
	for i, l := range state.Lanes {
		if l.Closed {
			continue
		}
		p.InFlight += l.Cap
		p.Requests = together(p.Requests, l.Requests, first)
		p.FoundOut = p.FoundOut || l.FoundOut
		p.Tokens = together(p.Tokens, l.Tokens, first)
		p.Money = together(p.Money, inDollars(l.Money), first)
		first = false
		soonest = min(soonest, l.PausedUntil)
		down = down && l.Down
		for _, m := range l.Models {
			p.Models = append(p.Models, ModelPace{
				Endpoint: e.endpoints[i].name(i), Model: m.Name,
				Requests: together(Rate{}, m.Requests, true), Tokens: together(Rate{}, m.Tokens, true), Money: together(Rate{}, inDollars(m.Money), true),
				FoundOut: m.FoundOut,
				Running:  m.InFlight, InFlight: m.Cap, PausedFor: max(0, m.PausedUntil.Sub(now)),
			})
		}
	}
	switch p.PausedFor = max(0, soonest.Sub(now)); {
	case down:
		p.PausedCause = CodeOutage
	case p.PausedFor > 0:
		p.PausedCause = CodeThrottled
	}
	return p
}

// together adds the rate of one more endpoint to that of those before. The sum
// is zero, no limit, as soon as one has none.
func together(sum Rate, lane flow.Rate, first bool) Rate {
	r := Rate(lane)
	switch {
	case first || r.IsZero():
		return r
	case sum.IsZero():
		return sum
	}
	sum.N += r.PerSecond() * sum.Per.Seconds()
	return sum
}

// inDollars returns a limit on money as the library has it.
func inDollars(r flow.Rate) flow.Rate { return flow.Rate{N: r.N / microDollars, Per: r.Per} }
