package paceline

import (
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// pace says how the endpoints stand together: they are paused while all are.
// Those that do not answer count for nothing, unless none does.
func (e *Engine) pace(state flow.State, now flow.Instant) Pace {
	var p Pace
	soonest, down, first := flow.Never, allDown(state.Lanes), true
	for i, l := range state.Lanes {
		if l.Closed {
			continue
		}
		p.Models = append(p.Models, e.modelPaces(i, l, now)...)
		if l.Down && !down {
			continue
		}
		p.InFlight += l.Cap
		p.Adapts = p.Adapts || l.Adapts
		p.Requests = together(p.Requests, l.Requests, first)
		p.FoundOut = p.FoundOut || l.FoundOut
		p.RequestsGiven = p.RequestsGiven || l.RequestsGiven
		p.TokensGiven = p.TokensGiven || l.TokensGiven
		p.Tokens = together(p.Tokens, l.Tokens, first)
		p.Money = together(p.Money, inDollars(l.Money), first)
		first = false
		soonest = min(soonest, l.PausedUntil)
	}
	p.NextIn = nextIn(&state, now)
	switch p.PausedFor = max(0, soonest.Sub(now)); {
	case down:
		p.PausedCause = CodeOutage
	case p.PausedFor > 0:
		p.PausedCause = CodeThrottled
	}
	return p
}

// nextIn returns for how long a limit will let nothing start.
func nextIn(state *flow.State, now flow.Instant) time.Duration {
	switch state.Cause {
	case flow.CauseRequests, flow.CauseTokens, flow.CauseMoney:
		if state.Opens != flow.Never {
			return max(0, state.Opens.Sub(now))
		}
	}
	return 0
}

// allDown reports whether none of the lanes that are open answers.
func allDown(lanes []flow.LaneState) bool {
	for _, l := range lanes {
		if !l.Closed && !l.Down {
			return false
		}
	}
	return true
}

// modelPaces says how the models stand that have had calls at endpoint i.
func (e *Engine) modelPaces(i int, l flow.LaneState, now flow.Instant) (all []ModelPace) {
	for _, m := range l.Models {
		all = append(all, ModelPace{
			Endpoint: e.endpoints[i].name(i), Model: m.Name,
			Requests: Rate(m.Requests), Tokens: Rate(m.Tokens), Money: Rate(inDollars(m.Money)),
			FoundOut: m.FoundOut,
			Running:  m.InFlight, InFlight: m.Cap, PausedFor: max(0, m.PausedUntil.Sub(now)),
		})
	}
	return all
}

// endpointPaces says of each endpoint whether it takes calls.
func (d *dispatcher) endpointPaces(state *flow.State, now flow.Instant) (all []EndpointPace) {
	for i, l := range state.Lanes {
		p := EndpointPace{
			Name: d.engine.endpoints[i].name(i), Out: d.out[i], Running: l.InFlight,
			Down: l.Down && !l.Closed, Answered: l.EverAlive, Failing: l.Dark,
		}
		if p.Failing > 0 {
			p.Failure = d.failed[i]
		}
		if p.Down {
			p.DownFor = now.Sub(l.DownSince)
		}
		all = append(all, p)
	}
	return all
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
