package dash

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Patience with those who connect.
const (
	longestOrder = 64 << 10         // bytes
	orderIn      = 5 * time.Second  // for a body
	frameIn      = 10 * time.Second // for a frame to be taken
	beatEvery    = 15 * time.Second // of a feed that has nothing to tell
)

// Handler serves the page:
//
//	GET  /         the page, with what it is made of below it
//	GET  /events   the feed: server-sent events (docs/page.md)
//	GET  /state    the state as JSON
//	POST /pause    orders, answered with the status
//	POST /resume
//	POST /limits
//
// [Dash.Start] comes first.
func (d *Dash) Handler(g Guard) http.Handler {
	mux := http.NewServeMux()
	d.servePage(mux)
	mux.HandleFunc("GET /events", d.serveEvents)
	mux.HandleFunc("GET /state", d.serveState)
	for _, do := range []string{"pause", "resume"} {
		mux.HandleFunc("POST /"+do, func(w http.ResponseWriter, r *http.Request) {
			if d.readOrder(w, r, &struct{}{}) {
				d.carryOut(w, Order{Do: do})
			}
		})
	}
	mux.HandleFunc("POST /limits", d.serveLimits)
	return g.protect(mux)
}

func (d *Dash) serveState(w http.ResponseWriter, r *http.Request) {
	state, err := d.state(r.Context())
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, state)
}

// serveEvents is the feed. It ends when the run has ended, when the reader goes
// or is too slow, and when the page is closed.
func (d *Dash) serveEvents(w http.ResponseWriter, r *http.Request) {
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	run, after := readEventID(last)
	reader, hello, err := d.join(r.Context(), run, after)
	if err != nil {
		w.Header().Set("Retry-After", "10")
		refuse(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	defer d.leave(reader)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no")
	send := sender(w)
	if send([]byte("retry: 2000\n\n")) && send(hello) {
		d.pass(r, reader, send)
	}
}

// pass sends what a reader gets, as long as it takes it.
func (d *Dash) pass(r *http.Request, reader *reader, send func([]byte) bool) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		select {
		case frame, more := <-reader.frames:
			if !more || !send(frame) {
				return
			}
			beat.Reset(beatEvery)
		case <-beat.C:
			if !send([]byte(": still here\n\n")) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// sender returns what writes to a reader at once, and reports whether it took it
// in time.
func sender(w http.ResponseWriter) func([]byte) bool {
	rc := http.NewResponseController(w)
	return func(b []byte) bool {
		// A writer that knows no deadlines is a test's.
		_ = rc.SetWriteDeadline(time.Now().Add(frameIn))
		_, err := w.Write(b)
		return err == nil && rc.Flush() == nil
	}
}

// limits is the body of POST /limits.
type limits struct {
	Endpoint string            `json:"endpoint"` // "": each
	Model    string            `json:"model"`    // "": all calls
	Limits   map[string]string `json:"limits"`   // as on the command line
}

func (d *Dash) serveLimits(w http.ResponseWriter, r *http.Request) {
	var l limits
	if d.readOrder(w, r, &l) {
		d.carryOut(w, Order{Do: "set", Endpoint: l.Endpoint, Model: l.Model, Limits: l.Limits})
	}
}

// readOrder reads an order's body into v; if it is not to be carried out, it has
// been answered.
func (d *Dash) readOrder(w http.ResponseWriter, r *http.Request, v any) bool {
	if !d.allowOrder(w, r) {
		return false
	}
	// As in sender.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(orderIn))
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestOrder))
	body.DisallowUnknownFields()
	if err := body.Decode(v); err != nil {
		answerError(w, http.StatusBadRequest, fmt.Errorf("not an order: %w", err))
		return false
	}
	return true
}

func (d *Dash) carryOut(w http.ResponseWriter, o Order) {
	status, err := d.run.Do(o)
	switch {
	case errors.Is(err, ErrEnded):
		answerError(w, http.StatusConflict, err)
	case err != nil:
		answerError(w, http.StatusUnprocessableEntity, err)
	default:
		b, err := json.Marshal(map[string]json.RawMessage{"status": status})
		if err != nil {
			panic(err) // as in frame
		}
		writeJSON(w, http.StatusOK, b)
	}
}

func answerError(w http.ResponseWriter, code int, err error) {
	b, _ := json.Marshal(map[string]string{"error": err.Error()}) // strings always can be
	writeJSON(w, code, b)
}

func writeJSON(w http.ResponseWriter, code int, b []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// Who does not take the answer is gone.
	_, _ = w.Write(b)
}
