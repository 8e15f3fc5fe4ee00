package flow

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// jitter is how unevenly a network delays, learnt from round trips. It takes about
// 5 KiB.
type jitter struct {
	generations

	news   bool                        // there were trips since the figures below were made
	wide   time.Duration               // by how much the delays of two packets one way may differ
	shifts [crowdClasses]time.Duration // for crowds of at least 1<<i calls
}

const (
	// smooth networks, and a machine's own scheduling, are within firstGuard.
	smooth = time.Millisecond
	// A generation lasts so long and has at least so many trips.
	generationTime = time.Minute
	generationMin  = 64
	generationKept = 256 // of its trips, at random

	crowdClasses = 14
	crowdMin     = 8 // fewer calls are no crowd
	// certainty is how many standard deviations a crowd's arrivals may be off.
	certainty = 5
)

// add learns from one more round trip.
func (j *jitter) add(now Instant, trip time.Duration) {
	j.generations.add(now, trip)
	j.news = true
}

// longest returns the longest trip that is remembered, 0 if none is.
func (j *jitter) longest() time.Duration { return max(j.now.longest, j.before.longest) }

// oneWay returns by how much the delays of two packets one way may differ.
func (j *jitter) oneWay() time.Duration {
	if j.news {
		j.judge()
	}
	return j.wide
}

// crowd returns by how much longer than a window two crowds of so many calls,
// sent a window apart, must be apart for the k-th of the second to arrive at
// least a window after the k-th of the first, for every k. It is less than for
// single calls, since the delays of many even out.
func (j *jitter) crowd(calls int) time.Duration {
	wide := j.oneWay()
	if calls < crowdMin {
		return wide
	}
	class := 0
	for class+1 < crowdClasses && calls>>(class+1) > 0 {
		class++
	}
	return j.shifts[class]
}

func (j *jitter) judge() {
	j.news = false
	all := j.all()
	j.wide = all.oneWay()
	if j.wide == 0 {
		clear(j.shifts[:])
		return
	}
	slices.Sort(all.kept)
	for i := range j.shifts {
		j.shifts[i] = all.shift(1<<i, j.wide)
	}
}

// generations are two of them, so that what has changed is known anew after some
// minutes.
type generations struct {
	now, before generation
	began       Instant // of now
	luck        rand.PCG
}

func (g *generations) add(now Instant, trip time.Duration) {
	if now.Sub(g.began) >= generationTime && g.now.n >= generationMin {
		g.before, g.now = g.now, generation{kept: g.before.kept[:0]}
		g.began = now
	}
	g.now.add(trip, &g.luck)
}

// all returns both together.
func (g *generations) all() generation { return g.now.with(&g.before) }

// generation is what is kept of a time's round trips.
type generation struct {
	n                 int
	shortest, longest time.Duration
	sum, squares      float64
	kept              []time.Duration // a random sample of them
}

func (g *generation) add(trip time.Duration, luck rand.Source) {
	if g.n == 0 || trip < g.shortest {
		g.shortest = trip
	}
	g.longest = max(g.longest, trip)
	g.n++
	g.sum += float64(trip)
	g.squares += float64(trip) * float64(trip)
	if len(g.kept) < generationKept {
		g.kept = append(g.kept, trip)
		return
	}
	// Connections that are opened together are heard of in the order of their
	// trips: the last so many would all be long.
	if i := luck.Uint64() % uint64(g.n); i < generationKept {
		g.kept[i] = trip
	}
}

// with returns both generations together.
func (g *generation) with(h *generation) generation {
	if h.n == 0 {
		return generation{g.n, g.shortest, g.longest, g.sum, g.squares, slices.Clone(g.kept)}
	}
	return generation{
		g.n + h.n, min(g.shortest, h.shortest), max(g.longest, h.longest),
		g.sum + h.sum, g.squares + h.squares, slices.Concat(g.kept, h.kept),
	}
}

func (g *generation) deviation() float64 {
	mean := g.sum / float64(g.n)
	return math.Sqrt(max(0, g.squares/float64(g.n)-mean*mean))
}

// oneWay returns by how much the delays of two packets one way may differ: the
// greatest of three guesses. Of very few trips the longest is the bound: no
// delay that it was part of was longer.
func (g *generation) oneWay() time.Duration {
	switch {
	case g.longest < smooth:
		return 0
	case g.n < 8:
		return g.longest
	}
	spread, deviation := float64(g.longest-g.shortest), g.deviation()
	// Half of the spread is one way's; the fewer trips were seen, the more lies
	// outside of them.
	wide := spread / 2 * (1 + 2/math.Sqrt(float64(g.n)))
	if g.n >= 32 {
		// A rare long delay stands in a trip alone, not with a second one. (If
		// each way's delays are spread evenly, this is less than their width.)
		wide = max(wide, spread-2.5*deviation)
		// If they are, the deviation of a trip is the width over the square root
		// of six; a fifth is added for what the deviation itself is off.
		wide = max(wide, 1.2*math.Sqrt(6)*deviation)
	}
	if wide < float64(smooth) {
		return 0
	}
	return time.Duration(wide)
}

// shift returns the greatest distance between two quantiles of one way's delays
// that the arrivals of a crowd of m calls may confuse. They stand no farther
// apart than those of a round trip, if the density is log-concave (Lewis and
// Thompson, "Dispersive distributions, and the connection between dispersivity
// and strong unimodality", 1981); at the end, where a trip is longest because
// both of its ways are, by one way's share. Which shares two crowds may confuse
// is said by the arcsine of their roots, whose variance is the same for all
// shares (Anscombe, "The Transformation of Poisson, Binomial and
// Negative-Binomial Data", 1948). g.kept must be in order.
func (g *generation) shift(m int, wide time.Duration) time.Duration {
	last := float64(len(g.kept) - 1)
	spread := g.longest - g.shortest
	end := g.longest + time.Duration(float64(spread)*2/math.Sqrt(float64(g.n)))
	share := float64(wide) / float64(max(spread, wide))
	off := certainty / math.Sqrt(2*float64(m))
	most := time.Duration(0)
	for i, from := range g.kept {
		late := math.Asin(math.Sqrt(1-float64(i)/max(last, 1))) - off
		apart := time.Duration(share * float64(end-from))
		if late > 0 {
			k := math.Ceil((1 - math.Pow(math.Sin(late), 2)) * last)
			apart = g.kept[int(k)] - from
		}
		most = max(most, apart)
	}
	return min(most, wide)
}
