package status

import (
	"time"

	"github.com/seed-1814a72b/paceline"
)

const (
	// pastWindow is how far a meter looks back at most: most limits are by the
	// minute, and of a day's nobody waits for the end to see how fast it goes.
	pastWindow = time.Minute
	// pastEvery is how far the samples are apart.
	pastEvery = time.Second
)

// past are samples of the last pastWindow, fewer than one a look.
type past struct{ samples []sample }

// add adds the newest one.
func (p *past) add(s sample) {
	if n := len(p.samples); n > 1 && s.at.Sub(p.samples[n-1].at) < pastEvery {
		return
	}
	p.samples = append(p.samples, s)
	for len(p.samples) > 2 && s.at.Sub(p.samples[1].at) >= pastWindow {
		p.samples = p.samples[1:]
	}
}

// since returns the latest sample that is so old, else the oldest.
func (p *past) since(d time.Duration) sample {
	last := p.samples[len(p.samples)-1].at
	for i := len(p.samples) - 1; i > 0; i-- {
		if last.Sub(p.samples[i].at) >= d {
			return p.samples[i]
		}
	}
	return p.samples[0]
}

// ownWindow is over what time the use of a limit is measured: the one that it counts
// in, as far as a meter looks back.
func ownWindow(limit paceline.Rate) time.Duration {
	if limit.IsZero() {
		return meterWindow
	}
	return min(max(limit.Per, meterWindow), pastWindow)
}

// used returns how much of what a limit counts was used by the second, over the
// window of the limit. One that lets a window's worth go out at once is not exceeded
// by that: until its first window is over, it is that much in a window. Of a limit that
// was found out the last seconds alone tell, since it was not known before.
func (m *Meter) used(limit paceline.Rate, foundOut bool, of func(*sample) float64) float64 {
	last := &m.samples[len(m.samples)-1]
	old, window := m.samples[0], ownWindow(limit)
	if window > meterWindow && !foundOut {
		old = m.past.since(window)
	}
	n := max(of(last)-of(&old), 0)
	took := last.at.Sub(old.at)
	rate := perSecond(n, took)
	if most := limit.PerSecond(); most > 0 && !foundOut && rate > most {
		return max(most, n/max(took, limit.Per).Seconds())
	}
	return rate
}
