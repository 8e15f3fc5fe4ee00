package openai

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
	"github.com/seed-1814a72b/paceline/internal/sse"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// lateGrace is how long an answer that is complete waits for what may come
// after it: the usage that some servers send late, and the end of the body,
// without which the connection cannot be used again.
const lateGrace = 100 * time.Millisecond

var errCut = errors.New("the stream ended before the answer was complete")

// An assembler puts an answer together from the data of events.
type assembler interface {
	// frame takes the next event; done means that no other one counts. An
	// error that is no [*paceline.Error] says that the data are malformed.
	frame(name, data []byte) (done bool, err error)
	// late takes the data of an event after the end.
	late(data []byte)
	// finished reports whether the answer is complete, given whether the
	// server said so.
	finished(said bool) bool
	// started reports whether anything of an answer has come.
	started() bool
	// known returns the usage so far.
	known() paceline.Usage
	// body returns the complete object.
	body() []byte
}

func (x *exchange) assembler() assembler {
	out := emitter{emit: x.emit, lull: &x.res.lull}
	if x.family == responseAPI {
		return &responseStream{out: out}
	}
	return &completion{legacy: x.family == legacyText, want: x.want, out: out}
}

var decoders = sync.Pool{New: func() any { return new(sse.Decoder) }}

// events reads a streamed answer.
func (x *exchange) events(r io.Reader) (*paceline.Response, *paceline.Error) {
	dec := decoders.Get().(*sse.Decoder)
	dec.Reset(r, x.p.MaxLine)
	defer func() {
		dec.Reset(nil, 0)
		decoders.Put(dec)
	}()
	x.settle()
	a := x.assembler()
	said, err := x.consume(dec, a)
	if err == nil {
		err = complete(a, said)
	}
	if err == nil {
		x.res.lull.over()
		if said {
			x.drain(dec, a)
		}
	}
	return x.put(a, err)
}

// put makes the response of an answer that is complete, or an error of what kept it
// from becoming so. It has a frame of its own, since its locals are large and
// thousands of stacks wait in events.
//
//go:noinline
func (x *exchange) put(a assembler, err error) (*paceline.Response, *paceline.Error) {
	if err != nil {
		e := x.failed(err)
		if !e.Usage.Known {
			e.Usage = a.known()
		}
		return nil, e
	}
	resp, err := x.family.result(a.body(), x.res.header, x.res.status)
	if err != nil {
		return nil, x.failed(err)
	}
	return resp, nil
}

// settle decides how the stream is read.
func (x *exchange) settle() {
	if paceline.Watched(x.ctx) {
		return
	}
	x.res.lull.unwatched = true
	if own, ok := x.res.body.(*http1.Response); ok {
		x.res.lull.conn = own
	} else {
		x.res.lull.conn = &x.kept.use
	}
}

// complete reports why an answer whose stream has ended cleanly is none.
func complete(a assembler, said bool) error {
	switch {
	case a.finished(said):
		return nil
	case !a.started() && said:
		return errChoices
	case !a.started():
		return fmt.Errorf("%w: it had no content", errCut)
	}
	return errCut
}

// consume feeds the assembler until the server says that the answer is
// complete, or the body ends.
func (x *exchange) consume(dec *sse.Decoder, a assembler) (said bool, err error) {
	seen := false
	for {
		ev, err := dec.Next()
		switch {
		case err == io.EOF && !seen:
			return false, errEmpty
		case err == io.EOF:
			return false, nil
		case err != nil:
			return false, err
		case ev.Comment:
			x.keepAlive()
			continue
		}
		data := rawjson.Trim(ev.Data)
		if len(data) == 0 {
			x.keepAlive()
			continue
		}
		seen = true
		if isDone(data) {
			return true, nil
		}
		if done, err := a.frame(ev.Name, data); err != nil || done {
			return done, x.frameFailed(err, ev, data)
		}
	}
}

// frameFailed tells a chunk that the end of the body has cut from one that is
// malformed, and keeps the chunk for the row.
func (x *exchange) frameFailed(err error, ev sse.Event, data []byte) error {
	if err == nil {
		return nil
	}
	if _, remote := errors.AsType[*paceline.Error](err); remote {
		return err
	}
	code := paceline.CodeMalformed
	if ev.Unterminated && errors.Is(err, errNotJSON) {
		code = paceline.CodeCut
	}
	return &paceline.Error{Code: code, Err: fmt.Errorf("a chunk of the stream: %w", err), Body: cutBody(data), MaybeBilled: true}
}

func (x *exchange) keepAlive() {
	if x.emit != nil {
		x.emit(paceline.Delta{Kind: paceline.DeltaKeepAlive})
	}
}

func isDone(data []byte) bool { return bytes.Equal(data, []byte("[DONE]")) }

// drain reads what comes after the answer's end, for a short while and within
// a bound. Errors there mean nothing any more.
func (x *exchange) drain(dec *sse.Decoder, a assembler) {
	joined := make(chan struct{})
	timer := time.AfterFunc(lateGrace, func() {
		x.giveUp()
		close(joined)
	})
	defer func() {
		if !timer.Stop() {
			<-joined
		}
	}()
	const maxLate = 64
	for range maxLate {
		ev, err := dec.Next()
		if err != nil {
			return
		}
		if !ev.Comment {
			a.late(rawjson.Trim(ev.Data))
		}
	}
}
