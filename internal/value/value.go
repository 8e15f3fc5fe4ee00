// Package value has the kinds of values that the flags of the commands take.
package value

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// The flags' own kinds of values. Every Set error says what is allowed; the
// flag's name is put before it by manual.FlagError.

// Count is a whole number, from Min to Max, that may be written 10k, 1.5M or 1_000.
type Count struct {
	To  *int64
	Min int64
	Max int64 // 0: 2^53
}

func (c Count) Type() string { return "N" }

// String returns the number, or "" for 0: a count of 0 stands for "not given".
func (c Count) String() string {
	if c.To == nil || *c.To == 0 {
		return ""
	}
	return strconv.FormatInt(*c.To, 10)
}

func (c Count) Set(s string) error {
	f, err := parseNumber(s)
	if err != nil || f != math.Trunc(f) || f > 1<<53 {
		return fmt.Errorf("%q is not a whole number; write 500, 10k or 2M", s)
	}
	if int64(f) < c.Min {
		return fmt.Errorf("%q is too small; the least is %d", s, c.Min)
	}
	if c.Max > 0 && int64(f) > c.Max {
		return fmt.Errorf("%q is too large; the most is %s", s, numeral.Grouped(c.Max))
	}
	*c.To = int64(f)
	return nil
}

// Quantity is a number from 0.001 to 10^12 that may be written 0.5, 10k or 2M: more
// a minute than any server takes, or less than one a day, is a slip of the pen.
type Quantity struct{ To *float64 }

const leastQuantity, mostQuantity = 1e-3, 1e12

func (q Quantity) Type() string { return "N" }

func (q Quantity) String() string {
	if q.To == nil || *q.To == 0 {
		return ""
	}
	return strconv.FormatFloat(*q.To, 'g', -1, 64)
}

func (q Quantity) Set(s string) error {
	f, err := parseNumber(s)
	switch {
	case err != nil || !(f > 0):
		return fmt.Errorf("%q is not a number above 0; write 0.5, 500, 10k or 2M", s)
	case f < leastQuantity:
		return fmt.Errorf("%q is too small; the least is %g; write 0.5, 500, 10k or 2M", s, leastQuantity)
	case f > mostQuantity:
		return fmt.Errorf("%q is too large; the most is 1000G; write 0.5, 500, 10k or 2M", s)
	}
	*q.To = f
	return nil
}

// Money is an amount of US dollars above 0 that may be written 5, 0.50 or $5.
type Money struct{ To *float64 }

func (m Money) Type() string { return "USD" }

func (m Money) String() string { return Quantity(m).String() }

func (m Money) Set(s string) error {
	f, err := parseNumber(strings.TrimPrefix(strings.TrimSpace(s), "$"))
	if err != nil || !(f > 0) || f > mostQuantity {
		return fmt.Errorf("%q is not an amount of US dollars above 0; write 5, 0.50 or 12.5", s)
	}
	*m.To = f
	return nil
}

// Limit is a value above 0 that may also be left to the engine, by the words
// auto and off.
type Limit struct {
	pflag.Value
	Clear func() // makes it 0
}

func (l Limit) Type() string { return "auto|" + l.Value.Type() }

func (l Limit) String() string {
	if l.Value == nil {
		return ""
	}
	if s := l.Value.String(); s != "" {
		return s
	}
	return "auto"
}

func (l Limit) Set(s string) error {
	if s == "auto" || s == "off" {
		l.Clear()
		return nil
	}
	if err := l.Value.Set(s); err != nil {
		return fmt.Errorf("%w, auto or off", err)
	}
	return nil
}

// parseNumber reads a decimal number with an optional k, M or G.
func parseNumber(s string) (float64, error) {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "")
	scale := 1.0
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 'k', 'K':
			scale = 1e3
		case 'm', 'M':
			scale = 1e6
		case 'g', 'G', 'b', 'B':
			scale = 1e9
		}
		if scale > 1 {
			s = s[:n-1]
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	f = math.Round(f*scale*1e9) / 1e9
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return f, nil
}

// Duration is a Go duration or a plain number of seconds. words maps further
// spellings, such as "auto" and "off", to values.
type Duration struct {
	To    *time.Duration
	Words map[string]time.Duration
}

func (d Duration) Type() string { return "DURATION" }

func (d Duration) String() string {
	if d.To == nil {
		return ""
	}
	for word, value := range d.Words {
		if value == *d.To {
			return word
		}
	}
	return numeral.Duration(*d.To)
}

func (d Duration) Set(s string) error {
	if value, ok := d.Words[s]; ok {
		*d.To = value
		return nil
	}
	value, err := ParseDuration(s)
	if err != nil || value <= 0 {
		return fmt.Errorf("%q is not a duration above 0; write 1.5s, 2m or plain seconds%s", s, d.others())
	}
	*d.To = value
	return nil
}

// others names the words, in their alphabetical order.
func (d Duration) others() string {
	text := ""
	for _, word := range slices.Sorted(maps.Keys(d.Words)) {
		text += ", or " + word
	}
	return text
}

// ParseDuration reads a duration as flags have it: 1m30s, or a number of seconds.
func ParseDuration(s string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		if math.IsNaN(seconds) || math.Abs(seconds) > 1e9 {
			return 0, fmt.Errorf("%q is out of range", s)
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
	return time.ParseDuration(s)
}

// Choice is one of a closed set of words.
type Choice struct {
	To      *string
	Allowed []string
}

func (c *Choice) Type() string { return strings.Join(c.Allowed, "|") }

func (c *Choice) String() string {
	if c.To == nil {
		return ""
	}
	return *c.To
}

func (c *Choice) Set(s string) error {
	for _, word := range c.Allowed {
		if s == word {
			*c.To = s
			return nil
		}
	}
	return fmt.Errorf("%q is not known; it is one of %s", s, strings.Join(c.Allowed, ", "))
}

// Word is a plain string with the name of its kind.
type Word struct {
	To   *string
	Kind string
}

func (w Word) Type() string { return w.Kind }

func (w Word) String() string {
	if w.To == nil {
		return ""
	}
	return *w.To
}

func (w Word) Set(s string) error {
	*w.To = s
	return nil
}

// Text defines a string flag whose value is called kind in the help.
func Text(set *pflag.FlagSet, to *string, name, short, kind, usage string) {
	set.VarP(Word{to, kind}, name, short, usage)
}

// Once is a value that may be given again only if it says the same: of two neither is
// known to be meant.
type Once struct {
	pflag.Value
	given string // as it was written last
	again bool   // it was given before
}

// Set refuses another value than the one given before.
func (o *Once) Set(s string) error {
	before := o.Value.String()
	if err := o.Value.Set(s); err != nil {
		return err
	}
	if o.again && s != o.given && (before == "" || o.Value.String() != before) {
		return fmt.Errorf("is given twice, %s and %s; give it once", quotedIfEmpty(o.given), quotedIfEmpty(s))
	}
	o.given, o.again = s, true
	return nil
}

// quotedIfEmpty returns s so that it is seen.
func quotedIfEmpty(s string) string {
	if s == "" {
		return `""`
	}
	return s
}

// A Repeated is a value that collects what it is given, one after the other.
type Repeated interface{ Repeats() }

// OnlyOnce makes every flag of the set a [Once], but those that are [Repeated].
func OnlyOnce(set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if _, list := f.Value.(Repeated); !list {
			f.Value = &Once{Value: f.Value}
		}
	})
}

// Pairs collects the NAME=VALUE pairs of a flag that may be repeated.
type Pairs []string

func (l *Pairs) Type() string { return "NAME=VALUE" }

func (l *Pairs) String() string { return "" }

// Repeats marks a [Repeated] value.
func (l *Pairs) Repeats() {}

func (l *Pairs) Set(s string) error {
	if name, _, ok := strings.Cut(s, "="); !ok || name == "" {
		return fmt.Errorf("%q is not NAME=VALUE; write temperature=0.2", s)
	}
	*l = append(*l, s)
	return nil
}
