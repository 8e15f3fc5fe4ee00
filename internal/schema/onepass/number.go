package onepass

import (
	"math/big"
	"math/bits"
	"strconv"
)

// bounds are what is asked of a number.
type bounds struct {
	least, most  *limit
	above, below *limit
	multiple     *big.Rat
	times        int64   // multiple, if it is a whole number; else 0
	list         []limit // those that it may be
	listed       bool
}

// A limit is a number that others are compared with: exactly.
type limit struct {
	exact *big.Rat
	p, q  int64 // exact is p/q, if q is not 0
}

func newLimit(r *big.Rat) *limit {
	l := &limit{exact: r}
	if r.Num().IsInt64() && r.Denom().IsInt64() {
		l.p, l.q = r.Num().Int64(), r.Denom().Int64()
	}
	return l
}

// A numeral is a number as it is read.
type numeral struct {
	m     int64 // without its point, if small
	unit  int64 // 10 to the power of its decimals
	small bool  // it is m/unit
	text  []byte
	big   *big.Rat // made of text when it is needed
}

// maxSmall is how many digits surely fit an int64.
const maxSmall = 18

var powers = func() (t [maxSmall + 1]int64) {
	t[0] = 1
	for i := range maxSmall {
		t[i+1] = 10 * t[i]
	}
	return t
}()

func (n *numeral) exact() *big.Rat {
	if n.big == nil {
		n.big, _ = new(big.Rat).SetString(string(n.text))
	}
	return n.big
}

// whole reports whether the number has no fraction, however it is written.
func (n *numeral) whole() bool {
	if n.small {
		return n.m%n.unit == 0
	}
	return n.exact().IsInt()
}

func (n *numeral) compare(l *limit) int {
	if n.small && l.q != 0 {
		return compareProducts(n.m, l.q, l.p, n.unit)
	}
	return n.exact().Cmp(l.exact)
}

func (n *numeral) divides(b *bounds) bool {
	if n.small && b.times != 0 && n.unit == 1 {
		return n.m%b.times == 0
	}
	return new(big.Rat).Quo(n.exact(), b.multiple).IsInt()
}

// compareProducts compares a*b with c*d, in 128 bits; b and d are above 0.
func compareProducts(a, b, c, d int64) int {
	if (a < 0) != (c < 0) {
		if a < 0 {
			return -1
		}
		return 1
	}
	sign := 1
	if a < 0 {
		a, c, sign = -a, -c, -1
	}
	high1, low1 := bits.Mul64(uint64(a), uint64(b))
	high2, low2 := bits.Mul64(uint64(c), uint64(d))
	switch {
	case high1 == high2 && low1 == low2:
		return 0
	case high1 < high2 || high1 == high2 && low1 < low2:
		return -sign
	}
	return sign
}

// number checks the number at pos.
func (c *checker) number(n *node) Verdict {
	read, ok := c.numeral()
	switch {
	case !ok:
		return Unsure
	case n.kinds&fraction == 0 && !read.whole():
		return Misfits
	case n.number != nil && !n.number.fits(&read):
		return Misfits
	}
	return Fits
}

func (b *bounds) fits(n *numeral) bool {
	return (b.least == nil || n.compare(b.least) >= 0) &&
		(b.most == nil || n.compare(b.most) <= 0) &&
		(b.above == nil || n.compare(b.above) > 0) &&
		(b.below == nil || n.compare(b.below) < 0) &&
		(b.multiple == nil || n.divides(b)) &&
		(!b.listed || b.lists(n))
}

func (b *bounds) lists(n *numeral) bool {
	for i := range b.list {
		if n.compare(&b.list[i]) == 0 {
			return true
		}
	}
	return false
}

// numeral reads the number at pos, if it is one within the limits.
func (c *checker) numeral() (n numeral, ok bool) {
	start, decimals := c.pos, 0
	minus := c.take('-')
	m, digits := c.digits(0)
	if digits == 0 || digits > 1 && c.doc[c.pos-digits] == '0' {
		return n, false
	}
	if c.take('.') {
		if m, decimals = c.digits(m); decimals == 0 {
			return n, false
		}
	}
	exponent, ok := c.exponent()
	if !ok || c.pos-start > c.limits.Digits {
		return n, false
	}
	n.text = c.doc[start:c.pos]
	if n.small = digits+decimals <= maxSmall && !exponent; n.small {
		n.m, n.unit = m, powers[decimals]
	}
	if minus {
		n.m = -n.m
	}
	return n, true
}

// digits reads digits, which go on with m; it is of no use if it overflows.
func (c *checker) digits(m int64) (int64, int) {
	start := c.pos
	for c.pos < len(c.doc) && c.doc[c.pos]-'0' <= 9 {
		m = 10*m + int64(c.doc[c.pos]-'0')
		c.pos++
	}
	return m, c.pos - start
}

// exponent reads an exponent, if there is one. It is not ok if it is none, or
// beyond the limits.
func (c *checker) exponent() (found, ok bool) {
	if b := c.next(); b != 'e' && b != 'E' {
		return false, true
	}
	c.pos++
	start := c.pos
	if !c.take('-') {
		c.take('+')
	}
	if _, n := c.digits(0); n == 0 {
		return true, false
	}
	e, err := strconv.Atoi(string(c.doc[start:c.pos]))
	return true, err == nil && e <= c.limits.Exponent && e >= -c.limits.Exponent
}
