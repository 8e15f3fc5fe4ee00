package openai

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
	"github.com/seed-1814a72b/paceline/internal/sse"
)

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

// events returns the intake of a streamed answer, which is to be run and ended.
func (x *exchange) events(body *capped) *intake {
	x.sent()
	in := &intake{x: x, dec: decoders.Get().(*sse.Decoder), to: x.assembler(), plain: body.plain != nil}
	in.dec.Reset(body, x.p.MaxLine)
	x.settle(in)
	return in
}

// settle decides how the stream is read.
func (x *exchange) settle(in *intake) {
	if paceline.Watched(x.ctx) {
		return
	}
	x.res.lull.unwatched, x.res.lull.spans = true, &x.spans
	own, ok := x.res.body.(*http1.Response)
	if !ok {
		x.res.lull.conn = &x.kept.use
		return
	}
	x.res.lull.conn = own
	if in.plain {
		in.attend(own)
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

// frameFailed tells a chunk that the end of the body has cut from one that is
// malformed, and keeps the chunk for the row.
func frameFailed(err error, ev sse.Event, data []byte) error {
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

// within has the rest of the answer be waited for no longer than d. What it
// returns is to be called once the answer is read.
func (x *exchange) within(d time.Duration) (stop func()) {
	if own, ok := x.res.body.(*http1.Response); ok {
		own.Within(d)
		return func() {}
	}
	giveUp := x.giveUp
	if giveUp == nil {
		giveUp = func() { _ = x.res.body.Close() } // the reader is told what there is to tell
	}
	joined := make(chan struct{})
	timer := time.AfterFunc(d, func() {
		giveUp()
		close(joined)
	})
	return func() {
		if !timer.Stop() {
			<-joined
		}
	}
}
