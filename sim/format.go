package sim

import (
	"encoding/hex"
	"fmt"
	"regexp/syntax"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// formatted returns a string of one of JSON Schema's formats, or "" for others.
func formatted(format string, d *draws) string {
	switch format {
	case "date-time":
		return moment(d).Format(time.RFC3339)
	case "date":
		return moment(d).Format(time.DateOnly)
	case "time":
		return moment(d).Format("15:04:05Z07:00")
	case "duration":
		return fmt.Sprintf("PT%dM", d.between(1, 59))
	case "email", "idn-email":
		return fmt.Sprintf("user%d@example.com", d.intn(1000))
	case "hostname", "idn-hostname":
		return fmt.Sprintf("host%d.example.com", d.intn(1000))
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", d.intn(256))
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", d.between(1, 0xffff))
	case "uri", "iri", "uri-reference", "iri-reference", "url":
		return fmt.Sprintf("https://example.com/%d", d.intn(1000))
	case "uuid":
		return uuid(d)
	case "json-pointer":
		return fmt.Sprintf("/items/%d", d.intn(10))
	case "regex":
		return "^[a-z]+$"
	}
	return ""
}

func moment(d *draws) time.Time {
	return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(d.intn(365*24*3600)) * time.Second)
}

// uuid returns a random UUID (version 4).
func uuid(d *draws) string {
	var b [16]byte
	for i := range b {
		b[i] = byte(d.next())
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// matching returns a string that the pattern matches, of a length that is
// allowed; it gives up where it finds none.
func matching(pattern string, least, most int, d *draws) (string, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	re = re.Simplify()
	for try := range 200 {
		var b strings.Builder
		expand(re, &b, d, 1+try/20)
		n := utf8.RuneCountInString(b.String())
		if n >= least && (most < 0 || n <= most) {
			return b.String(), true
		}
		if v, ok := stretched(re, b.String(), least-n); ok {
			return v, true
		}
	}
	return "", false
}

// stretched lengthens v where the pattern does not bind its end.
func stretched(re *syntax.Regexp, v string, missing int) (string, bool) {
	if missing <= 0 || missing > tooLarge || anchored(re) {
		return "", false
	}
	return v + strings.Repeat("x", missing), true
}

func anchored(re *syntax.Regexp) bool {
	if re.Op == syntax.OpEndText || re.Op == syntax.OpEndLine {
		return true
	}
	for _, sub := range re.Sub {
		if anchored(sub) {
			return true
		}
	}
	return false
}

// expand writes one string of the language of re; more lengthens what repeats.
func expand(re *syntax.Regexp, b *strings.Builder, d *draws, more int) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(runeOf(re.Rune, d))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte(byte(d.between('a', 'z')))
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			expand(sub, b, d, more)
		}
	case syntax.OpAlternate:
		expand(re.Sub[d.intn(len(re.Sub))], b, d, more)
	case syntax.OpStar:
		repeat(re.Sub[0], d.between(0, 3*more), b, d, more)
	case syntax.OpPlus:
		repeat(re.Sub[0], d.between(1, 3*more), b, d, more)
	case syntax.OpQuest:
		repeat(re.Sub[0], d.between(0, 1), b, d, more)
	case syntax.OpRepeat:
		most := re.Max
		if most < 0 {
			most = re.Min + 3*more
		}
		repeat(re.Sub[0], d.between(re.Min, most), b, d, more)
	}
}

func repeat(re *syntax.Regexp, n int, b *strings.Builder, d *draws, more int) {
	for range n {
		if b.Len() > tooLarge {
			return
		}
		expand(re, b, d, more)
	}
}

// runeOf draws a character of a class, given as pairs of ends: a letter or a
// digit where it has any, else one that can be printed.
func runeOf(class []rune, d *draws) rune {
	if len(class) == 0 {
		return 'x'
	}
	for _, good := range []func(rune) bool{isPlain, unicode.IsPrint} {
		for range 32 {
			i := 2 * d.intn(len(class)/2)
			lo, hi := class[i], min(class[i+1], max(class[i], unicode.MaxLatin1))
			if r := lo + rune(d.intn(int(hi-lo)+1)); good(r) {
				return r
			}
		}
	}
	return class[0]
}

func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
