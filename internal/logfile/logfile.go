// Package logfile appends lines to a file without anybody who writes them waiting
// for a disk, and keeps secrets out of it.
package logfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A file's measures: how long lines wait, unless so many bytes of them come sooner;
// and how many wait at most where the disk does not keep up: further ones are lost,
// and counted.
const (
	writeEvery = time.Second
	writeAt    = 256 << 10
	waitMost   = 8 << 20
)

// A File appends lines to a file from a goroutine of its own, so that nobody
// who writes waits for a disk. Where one cannot be written it says so once, goes
// on trying, and counts the lines that are lost. What is secret is taken out of
// every line. Write is safe for concurrent use.
type File struct {
	out     io.WriteCloser
	secrets [][]byte
	warn    func(err error, lost int64) // told of the first failure, and at the end of lines that were lost

	full   chan struct{} // holds a token while so much may wait that it is to be written
	quit   chan struct{}
	joined chan struct{}

	mu   sync.Mutex // guards what follows
	text []byte     // whole lines that wait
	lost int64      // lines

	// The goroutine's.
	spare []byte // room for the lines after those that are being written
	torn  bool   // the file ends in the midst of a line
	told  bool
}

// Start begins to append to out, which Close closes. What of secrets is shorter
// than 6 characters is a word, not a key, and stays. look is called once a second,
// from the goroutine that writes; nil: nothing is. warn is told of the first write
// that fails, with its error, and at the end, with nil, of how many lines were lost.
func Start(out io.WriteCloser, secrets []string, look func(time.Time), warn func(err error, lost int64)) *File {
	f := &File{out: out, warn: warn, full: make(chan struct{}, 1), quit: make(chan struct{}), joined: make(chan struct{})}
	for _, s := range secrets {
		f.hide(s)
	}
	// The longest first: of a key that another begins with nothing is to be left.
	slices.SortStableFunc(f.secrets, func(a, b []byte) int { return cmp.Compare(len(b), len(a)) })
	go f.loop(look)
	return f
}

// shortestSecret is the length from which on a key is looked for: shorter ones are
// words, such as servers of one's own are given.
const shortestSecret = 6

// hide keeps a secret, however it may stand in a line, out of the file.
func (f *File) hide(secret string) {
	if len(secret) < shortestSecret {
		return
	}
	for _, form := range []string{secret, quoted(secret, true), quoted(secret, false), url.QueryEscape(secret), url.PathEscape(secret)} {
		if !slices.ContainsFunc(f.secrets, func(b []byte) bool { return string(b) == form }) {
			f.secrets = append(f.secrets, []byte(form))
		}
	}
}

// quoted returns a secret as it stands in JSON, between the quotes. Loggers do not
// escape what HTML would act upon, other writers do.
func quoted(secret string, forHTML bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(forHTML)
	_ = e.Encode(secret) // a string always can be
	return strings.Trim(b.String(), "\n")[1 : b.Len()-2]
}

// hidden stands in a line in the place of a secret.
var hidden = []byte("[key]")

// Write takes one whole line. It never fails: who logs has no use for an error.
func (f *File) Write(line []byte) (int, error) {
	n := len(line)
	for _, secret := range f.secrets {
		if bytes.Contains(line, secret) {
			line = bytes.ReplaceAll(line, secret, hidden)
		}
	}
	if f.add(line) {
		select {
		case f.full <- struct{}{}:
		default:
		}
	}
	return n, nil
}

// add has a line wait, and reports whether it makes those that wait enough to be
// written.
func (f *File) add(line []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.text)
	if before+len(line) > waitMost {
		f.lost++
		return false
	}
	f.text = append(f.text, line...)
	return before < writeAt && len(f.text) >= writeAt
}

func (f *File) loop(look func(time.Time)) {
	defer close(f.joined)
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			if look != nil {
				look(now)
			}
			f.flush()
		case <-f.full:
			f.flush()
		case <-f.quit:
			f.flush()
			return
		}
	}
}

// flush writes what waits.
func (f *File) flush() {
	f.mu.Lock()
	text := f.text
	f.text = f.spare
	f.mu.Unlock()
	f.write(text)
	f.spare = nil
	if cap(text) <= 4*writeAt { // more than that was for a disk that was slow for a while
		f.spare = text[:0]
	}
}

// write writes lines.
func (f *File) write(text []byte) {
	if len(text) == 0 {
		return
	}
	lines := bytes.Count(text, []byte("\n"))
	if f.torn {
		text = append([]byte("\n"), text...)
		lines++
	}
	n, err := f.out.Write(text)
	if err == nil {
		f.torn = false
		return
	}
	lost := lines - bytes.Count(text[:n], []byte("\n"))
	if f.torn && n == 0 {
		lost-- // the end of the torn line is none
	}
	if n > 0 {
		f.torn = text[n-1] != '\n'
	}
	f.mu.Lock()
	f.lost += int64(lost)
	f.mu.Unlock()
	if !f.told {
		f.told = true
		f.warn(err, 0)
	}
}

// Close writes what waits, joins the goroutine and closes the file. It must be
// called once, after the last Write.
func (f *File) Close() {
	close(f.quit)
	<-f.joined
	if err := f.out.Close(); err != nil && !f.told {
		f.warn(err, 0)
	}
	if f.lost > 0 {
		f.warn(nil, f.lost)
	}
}
