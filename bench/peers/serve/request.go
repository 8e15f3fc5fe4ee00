package serve

import (
	"bytes"
	"errors"
)

// A kind is what a request asks for.
type kind int

const (
	kindJSON kind = iota
	kindBurst
	kindPaced
	kindHeld
	kindCounters
)

var kinds = []struct {
	start string
	kind  kind
}{
	{"POST /json", kindJSON}, {"POST /burst", kindBurst}, {"POST /paced", kindPaced},
	{"POST /held", kindHeld}, {"GET /counters", kindCounters},
}

// maxRequest is the longest request that is taken.
const maxRequest = 64 << 10

var (
	errUnknown = errors.New("the request is none of those that are known")
	errNoSize  = errors.New("the request has a body whose length does not stand in its head")
	errTooLong = errors.New("the request is too long")
)

// parse returns what the first request in b asks for, and its length; 0 if it
// is not whole yet.
func parse(b []byte) (k kind, size int, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > maxRequest {
			return 0, 0, errTooLong
		}
		return 0, 0, nil
	}
	if k, err = kindOf(b[:end]); err != nil {
		return 0, 0, err
	}
	length, err := bodyLength(b[:end+2])
	if err != nil {
		return 0, 0, err
	}
	if size = end + 4 + length; size > maxRequest {
		return 0, 0, errTooLong
	}
	if len(b) < size {
		return 0, 0, nil
	}
	return k, size, nil
}

func kindOf(head []byte) (kind, error) {
	for _, k := range kinds {
		if bytes.HasPrefix(head, []byte(k.start)) {
			return k.kind, nil
		}
	}
	return 0, errUnknown
}

// bodyLength returns what Content-Length says in a head of whole lines.
func bodyLength(head []byte) (int, error) {
	for line := range bytes.Lines(head) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			return 0, errNoSize
		case bytes.EqualFold(name, []byte("Content-Length")):
			return number(bytes.TrimSpace(value))
		}
	}
	return 0, nil
}

func number(digits []byte) (n int, err error) {
	for _, c := range digits {
		if c < '0' || c > '9' || n > maxRequest {
			return 0, errNoSize
		}
		n = 10*n + int(c-'0')
	}
	return n, nil
}
