package onepass

// A format is one of strings.
type format struct {
	surely func(s []byte) bool // says yes to the usual ones; nil: to none
	check  func(v any) error   // the library's
}

// surely are quick checks that say yes only to what the library takes.
var surely = map[string]func([]byte) bool{
	"date": isDate, "date-time": isDateTime,
	"uri": isURI, "uri-reference": isURI, "iri": isURI, "iri-reference": isURI,
	"uuid": isUUID, "email": isEmail,
}

func (f *format) fits(s []byte) bool {
	return f.surely != nil && f.surely(s) || f.check(string(s)) == nil
}

// isDate takes days that every month has.
func isDate(s []byte) bool {
	return len(s) == 10 && s[4] == '-' && s[7] == '-' && figures(s[:4], 9999) &&
		figures(s[5:7], 12) && figures(s[8:], 28) && string(s[5:7]) != "00" && string(s[8:]) != "00"
}

// figures reports whether s are digits that make at most n.
func figures(s []byte, n int) bool {
	v := 0
	for _, b := range s {
		if b-'0' > 9 {
			return false
		}
		v = 10*v + int(b-'0')
	}
	return v <= n
}

// isDateTime takes those in UTC, to the second or the fraction of one.
func isDateTime(s []byte) bool {
	if len(s) < len("2006-01-02T15:04:05Z") || !isDate(s[:10]) || s[10] != 'T' || s[len(s)-1] != 'Z' {
		return false
	}
	decimals := s[19 : len(s)-1]
	return s[13] == ':' && s[16] == ':' && figures(s[11:13], 23) && figures(s[14:16], 59) && figures(s[17:19], 59) &&
		(len(decimals) == 0 || len(decimals) > 1 && len(decimals) <= maxSmall && decimals[0] == '.' && figures(decimals[1:], maxInt))
}

const maxInt = int(^uint(0) >> 1)

// isURI takes addresses of the web without ports, escapes and queries.
func isURI(s []byte) bool {
	rest, ok := cutPrefix(s, "https://")
	if !ok {
		rest, ok = cutPrefix(s, "http://")
	}
	if !ok || len(rest) == 0 || !isLetterOrDigit(rest[0]) {
		return false
	}
	path := false
	for _, b := range rest {
		path = path || b == '/'
		if !isLetterOrDigit(b) && b != '.' && b != '-' && (!path || b != '/' && b != '_' && b != '~') {
			return false
		}
	}
	return true
}

func cutPrefix(s []byte, prefix string) ([]byte, bool) {
	if len(s) < len(prefix) || string(s[:len(prefix)]) != prefix {
		return s, false
	}
	return s[len(prefix):], true
}

func isLetterOrDigit(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

func isUUID(s []byte) bool {
	if len(s) != 36 {
		return false
	}
	for i, b := range s {
		switch i {
		case 8, 13, 18, 23:
			if b != '-' {
				return false
			}
		default:
			if (b < '0' || b > '9') && (b|' ' < 'a' || b|' ' > 'f') {
				return false
			}
		}
	}
	return true
}

// isEmail takes letters and digits with single points between them, up to the
// lengths that a local part and a label may have.
func isEmail(s []byte) bool {
	if len(s) > 63 {
		return false
	}
	ats, after := 0, byte('.')
	for _, b := range s {
		switch {
		case b == '@':
			ats++
			fallthrough
		case b == '.':
			if !isLetterOrDigit(after) {
				return false
			}
		case !isLetterOrDigit(b):
			return false
		}
		after = b
	}
	return ats == 1 && isLetterOrDigit(after)
}
