package sim

import (
	"math"
	"strconv"
)

func (g *generator) integer(s *schema) {
	lo, hi := s.bounds(100)
	step := 1.0
	if s.multipleOf > 1 {
		step = s.multipleOf
	}
	g.out = strconv.AppendFloat(g.out, g.multiple(lo, hi, step, s), 'f', 0, 64)
}

func (g *generator) number(s *schema) {
	lo, hi := s.bounds(100)
	if s.multipleOf > 0 {
		g.out = strconv.AppendFloat(g.out, g.multiple(lo, hi, s.multipleOf, s), 'g', 12, 64)
		return
	}
	v := lo + (hi-lo)*(0.01+0.98*g.d.float())
	if round := math.Round(v*100) / 100; round > lo && round < hi {
		v = round
	}
	g.out = strconv.AppendFloat(g.out, v, 'g', -1, 64)
}

// multiple draws a multiple of step that the bounds allow.
func (g *generator) multiple(lo, hi, step float64, s *schema) float64 {
	first, last := math.Ceil(lo/step), math.Floor(hi/step)
	if s.minimum != nil && s.minimum.exclusive && first*step <= lo {
		first++
	}
	if s.maximum != nil && s.maximum.exclusive && last*step >= hi {
		last--
	}
	if last <= first {
		return first * step
	}
	return (first + math.Floor(g.d.float()*(last-first+1))) * step
}

// bounds returns the bounds, those missing at the given distance.
func (s *schema) bounds(distance float64) (lo, hi float64) {
	if s.multipleOf > 0 {
		distance = max(distance, 10*s.multipleOf)
	}
	switch {
	case s.minimum != nil && s.maximum != nil:
		return s.minimum.value, s.maximum.value
	case s.minimum != nil:
		return s.minimum.value, s.minimum.value + distance
	case s.maximum != nil:
		return s.maximum.value - distance, s.maximum.value
	}
	return 0, distance
}
