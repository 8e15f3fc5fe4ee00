package paceline

import "time"

// NewOn is New on processors of which the process has used used() and can use n
// at once.
func NewOn(p Provider, cfg Config, used func() time.Duration, n float64) (*Engine, error) {
	on := machine()
	on.used, on.can = used, func() float64 { return n }
	return newPool([]Endpoint{{Provider: p, Limits: cfg.Limits}}, cfg, on)
}
