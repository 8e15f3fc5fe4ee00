package sim

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// draws is a stream of random numbers (splitmix64), determined by its first
// value. It allocates nothing and is not safe for concurrent use.
type draws uint64

func (d *draws) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// float returns a number in [0, 1).
func (d *draws) float() float64 { return float64(d.next()>>11) / (1 << 53) }

// intn returns a number in [0, n). n must be positive.
func (d *draws) intn(n int) int {
	hi, _ := bits.Mul64(d.next(), uint64(n))
	return int(hi)
}

// between returns a number in [lo, hi].
func (d *draws) between(lo, hi int) int {
	if hi <= lo {
		return lo
	}
	return lo + d.intn(hi-lo+1)
}

// normal returns a number of the standard normal distribution (Box-Muller).
func (d *draws) normal() float64 {
	u := 1 - d.float() // never 0
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*d.float())
}

// exp returns a number of the exponential distribution with mean 1.
func (d *draws) exp() float64 { return -math.Log(1 - d.float()) }

// hash mixes s into h. Equal arguments give equal results on every machine and
// in every process, which hash/maphash does not promise.
func hash(h uint64, s string) uint64 {
	h = fold(h^uint64(len(s)), 0xa0761d6478bd642f)
	b := []byte(s)
	for ; len(b) >= 8; b = b[8:] {
		h = fold(h^binary.LittleEndian.Uint64(b), 0xe7037ed1a0b428db)
	}
	var tail [8]byte
	copy(tail[:], b)
	return fold(h^binary.LittleEndian.Uint64(tail[:]), 0x8ebc6af09c88c6e3)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x2d358dccaa6c78a5, b)
	return hi ^ lo
}
