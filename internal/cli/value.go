package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// The flags' own kinds of values. Every Set error says what is allowed; the
// flag's name is put before it by flagError.

// count is a whole number that may be written 10k, 1.5M or 1_000.
type count struct {
	to  *int64
	min int64
}

func (c count) Type() string { return "N" }

// String returns the number, or "" for 0: a count of 0 stands for "not given".
func (c count) String() string {
	if c.to == nil || *c.to == 0 {
		return ""
	}
	return strconv.FormatInt(*c.to, 10)
}

func (c count) Set(s string) error {
	f, err := parseNumber(s)
	if err != nil || f != math.Trunc(f) || f > 1<<53 {
		return fmt.Errorf("%q is not a whole number; write 500, 10k or 2M", s)
	}
	if int64(f) < c.min {
		return fmt.Errorf("%q is too small; the least is %d", s, c.min)
	}
	*c.to = int64(f)
	return nil
}

// quantity is a number above 0 that may be written 0.5, 10k or 2M.
type quantity struct{ to *float64 }

func (q quantity) Type() string { return "N" }

func (q quantity) String() string {
	if q.to == nil || *q.to == 0 {
		return ""
	}
	return strconv.FormatFloat(*q.to, 'g', -1, 64)
}

func (q quantity) Set(s string) error {
	f, err := parseNumber(s)
	if err != nil || !(f > 0) {
		return fmt.Errorf("%q is not a number above 0; write 0.5, 500, 10k or 2M", s)
	}
	*q.to = f
	return nil
}

// money is an amount of US dollars above 0 that may be written 5, 0.50 or $5.
type money struct{ to *float64 }

func (m money) Type() string { return "USD" }

func (m money) String() string { return quantity(m).String() }

func (m money) Set(s string) error {
	if quantity(m).Set(strings.TrimPrefix(strings.TrimSpace(s), "$")) != nil {
		return fmt.Errorf("%q is not an amount of US dollars above 0; write 5, 0.50 or 12.5", s)
	}
	return nil
}

// limit is a value above 0 that may also be left to the engine, by the words
// auto and off.
type limit struct {
	pflag.Value
	clear func() // makes it 0
}

func (l limit) Type() string { return "auto|" + l.Value.Type() }

func (l limit) String() string {
	if l.Value == nil {
		return ""
	}
	if s := l.Value.String(); s != "" {
		return s
	}
	return "auto"
}

func (l limit) Set(s string) error {
	if s == "auto" || s == "off" {
		l.clear()
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

// duration is a Go duration or a plain number of seconds. words maps further
// spellings, such as "auto" and "off", to values.
type duration struct {
	to    *time.Duration
	words map[string]time.Duration
}

func (d duration) Type() string { return "DURATION" }

func (d duration) String() string {
	if d.to == nil {
		return ""
	}
	for word, value := range d.words {
		if value == *d.to {
			return word
		}
	}
	return shortDuration(*d.to)
}

func (d duration) Set(s string) error {
	if value, ok := d.words[s]; ok {
		*d.to = value
		return nil
	}
	value, err := parseDuration(s)
	if err != nil || value <= 0 {
		return fmt.Errorf("%q is not a duration above 0; write 1.5s, 2m or plain seconds%s", s, d.others())
	}
	*d.to = value
	return nil
}

// others names the words, in their alphabetical order.
func (d duration) others() string {
	text := ""
	for _, word := range sortedKeys(d.words) {
		text += ", or " + word
	}
	return text
}

func parseDuration(s string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		if math.IsNaN(seconds) || math.Abs(seconds) > 1e9 {
			return 0, fmt.Errorf("%q is out of range", s)
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
	return time.ParseDuration(s)
}

// shortDuration prints a duration without the zero units at its end: 15m, not
// 15m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// choice is one of a closed set of words.
type choice struct {
	to      *string
	allowed []string
}

func (c *choice) Type() string { return strings.Join(c.allowed, "|") }

func (c *choice) String() string {
	if c.to == nil {
		return ""
	}
	return *c.to
}

func (c *choice) Set(s string) error {
	for _, word := range c.allowed {
		if s == word {
			*c.to = s
			return nil
		}
	}
	return fmt.Errorf("%q is not known; it is one of %s", s, strings.Join(c.allowed, ", "))
}

// word is a plain string with the name of its kind.
type word struct {
	to   *string
	kind string
}

func (w word) Type() string { return w.kind }

func (w word) String() string {
	if w.to == nil {
		return ""
	}
	return *w.to
}

func (w word) Set(s string) error {
	*w.to = s
	return nil
}

// text defines a string flag whose value is called kind in the help.
func text(set *pflag.FlagSet, to *string, name, short, kind, usage string) {
	set.VarP(word{to, kind}, name, short, usage)
}

// list collects the NAME=VALUE pairs of a flag that may be repeated.
type list []string

func (l *list) Type() string { return "NAME=VALUE" }

func (l *list) String() string { return "" }

func (l *list) Set(s string) error {
	if name, _, ok := strings.Cut(s, "="); !ok || name == "" {
		return fmt.Errorf("%q is not NAME=VALUE; write temperature=0.2", s)
	}
	*l = append(*l, s)
	return nil
}
