package openai

import (
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/sse"
)

// A trickle gives a text in pieces, one for each time that it is polled.
type trickle struct {
	strings.Reader
	given bool
}

func (r *trickle) Read(b []byte) (int, error) {
	if r.given = !r.given; !r.given {
		return 0, nil
	}
	return r.Reader.Read(b[:min(len(b), 12<<10)])
}

// An event that takes long to look at is looked at by the call's own goroutine, and
// not by who reads for all that wait, who looks at those before it.
func TestAHugeEventIsItsOwnCalls(t *testing.T) {
	body := new(trickle)
	body.Reset(chunk(`{"content":"small"}`, "null") + chunk(`{"content":"`+strings.Repeat("h", 1<<20)+`"}`, "null") + done)
	another, byAnother, byOwn := true, 0, 0
	emit := func(d paceline.Delta) {
		if another {
			byAnother = max(byAnother, len(d.Chunk))
		} else {
			byOwn = max(byOwn, len(d.Chunk))
		}
	}
	in := &intake{x: new(exchange), dec: sse.NewDecoder(body, 0), to: &completion{out: emitter{emit: emit}}}
	for rounds := 0; !in.over && rounds < 1000; rounds++ {
		if another = true; in.takeFor() {
			continue
		}
		another = false
		in.take()
	}
	if in.err != nil || !in.said || byAnother == 0 || byAnother > 2*hugeEvent || byOwn < 1<<20 {
		t.Errorf("%v; the longest event looked at by another has %d bytes, by the call itself %d", in.err, byAnother, byOwn)
	}
}
