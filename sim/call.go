package sim

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// call is one request to answer, owned by its handler's goroutine.
type call struct {
	s    *Server
	w    http.ResponseWriter
	r    *http.Request
	rc   *http.ResponseController
	at   time.Time // of arrival
	from time.Time // when its turn came: latencies count from here
	key  string    // as it came: never to be written anywhere
	body string

	query   Query
	text    draws  // decides the answer: by seed and body
	luck    draws  // decides everything else: by occurrence too
	marked  string // the fault that the prompt asks for
	times   int    // how often; 0: always
	marks   int    // how often the message with the marker was seen, from 1
	fault   *fault
	grant   grant
	hasSlot bool

	rec      Record
	accepted bool // an answer was begun: its tokens count
	complete bool // it was written whole
}

func (s *Server) newCall(w http.ResponseWriter, r *http.Request) *call {
	c := &call{s: s, w: w, r: r, rc: http.NewResponseController(w), key: keyOf(r)}
	c.at, c.rec.Seq = s.ledger.arrive()
	c.from, c.rec.At, c.rec.Path = c.at, c.at, r.URL.Path
	c.rec.RequestID = "req_" + strconv.FormatUint(hash(s.cfg.Seed, strconv.FormatInt(c.rec.Seq, 10)), 16)
	if c.key != "" {
		c.rec.Key = KeyName(c.key)
	}
	w.Header()["X-Request-Id"] = []string{c.rec.RequestID}
	return c
}

// keyOf returns the key in OpenAI's, Azure's or Anthropic's header.
func keyOf(r *http.Request) string {
	if k, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(k)
	}
	if k := r.Header.Get("Api-Key"); k != "" {
		return k
	}
	return r.Header.Get("X-Api-Key")
}

// read reads and parses the request; it answers and reports false if it cannot.
func (c *call) read() bool {
	body, err := readBody(c.w, c.r, c.s.cfg.MaxBody)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return c.refuse(errTooLarge)
	}
	if err != nil {
		c.abort()
	}
	c.body = string(body)
	if !gjson.Valid(c.body) || !strings.HasPrefix(strings.TrimSpace(c.body), "{") {
		return c.refuse(errNotJSON)
	}
	c.parse()
	return true
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, limit)
	if n := r.ContentLength; n > 0 && n <= 1<<20 {
		buf := make([]byte, n)
		_, err := io.ReadFull(body, buf)
		return buf, err
	}
	return io.ReadAll(body)
}

func (c *call) parse() {
	var h uint64
	c.query, h = parseQuery(c.body, c.s.cfg.Seed)
	c.marked, c.times = markedFault(c.body)
	c.text, c.luck = draws(h), draws(hash(h, "luck"))
	if c.times > 0 {
		c.marks = c.s.seen.add(hash(hash(c.s.cfg.Seed, "marked"), markedMessage(c.body)))
	}
	if c.s.cfg.lucky() || c.marked != "" {
		c.query.Occurrence = c.s.seen.add(h)
		c.luck += draws(c.query.Occurrence) * 0xd1342543de82ef95
	}
	c.rec.Model, c.rec.PromptTokens = c.query.Model, c.query.PromptTokens
	if c.s.cfg.KeepRequests {
		c.rec.Body = c.body
	}
}

// admit decides whether the request is to be answered; if not, it has been
// refused, or its fault has happened.
func (c *call) admit() bool {
	if e := c.objection(); e != nil {
		return c.refuse(e)
	}
	if c.plan(c.scripted()); c.fault != nil && c.fault.instead != nil {
		c.fault.instead(c)
		return false
	}
	if !c.withinLimits() || !c.waitForSlot() {
		return false
	}
	if c.fault == nil {
		c.plan(c.s.rates.pick(&c.luck))
	}
	if c.fault != nil && c.fault.instead != nil {
		c.fault.instead(c)
		return false
	}
	return true
}

// objection returns what is wrong with the request itself.
func (c *call) objection() *apiError {
	cfg := &c.s.cfg
	switch {
	case len(cfg.APIKeys) > 0 && !slices.Contains(cfg.APIKeys, c.key):
		return errKey
	case c.marked != "" && findFault(c.marked) == nil:
		return errMarker(c.marked)
	case c.query.Model == "":
		return errNoModel
	case len(cfg.Models) > 0 && !slices.Contains(cfg.Models, c.query.Model):
		return errModel(c.query.Model)
	case cfg.ContextTokens > 0 && c.query.PromptTokens > cfg.ContextTokens:
		return errContext(cfg.ContextTokens, c.query.PromptTokens)
	}
	return nil
}

// scripted returns the fault that this request is to meet whatever chance
// says: by its number, the queue, its marker or an outage.
func (c *call) scripted() string {
	if f := c.s.cfg.Script[int(c.rec.Seq)]; f != "" {
		return f
	}
	if f := c.s.nextQueued(); f != "" {
		return f
	}
	if c.marked != "" && (c.times == 0 || c.marks <= c.times) {
		return c.marked
	}
	return c.s.cfg.outage(c.at.Sub(c.s.started))
}

func (c *call) plan(name string) {
	if name == "" {
		return
	}
	f := findFault(name)
	if f.only != nil && !f.only(c) {
		return
	}
	c.rec.Fault, c.fault = name, f
}

// withinLimits charges the request to its key's limits, or answers 429.
func (c *call) withinLimits() bool {
	cfg := &c.s.cfg
	c.grant = c.s.meter.take(c.key, c.query.Model, c.query.estimate())
	cfg.Headers.setLimits(c.w.Header(), c.grant.state)
	if r := c.grant.refusedBy; r != nil {
		if c.grant.wait != never {
			cfg.RetryAfter.setWait(c.w.Header(), cfg.Headers, c.grant.wait)
		}
		return c.refuse(errLimit(c.query.Model, &c.grant))
	}
	if cfg.Quota > 0 && c.s.quota.add(hash(0, c.key)) > cfg.Quota {
		return c.refuse(errQuota)
	}
	return true
}

// waitForSlot waits for one of the server's slots, if it has a number of them.
func (c *call) waitForSlot() bool {
	if c.s.slots == nil {
		return true
	}
	select {
	case c.s.slots <- struct{}{}:
		c.hasSlot = true
		return true
	default:
	}
	if !c.s.ledger.queue(c.s.cfg.Queue) {
		return c.refuse(errBusy)
	}
	defer c.s.ledger.unqueue()
	select {
	case c.s.slots <- struct{}{}:
		c.hasSlot, c.from = true, time.Now()
	case <-c.r.Context().Done():
	case <-c.s.closed:
		c.abort()
	}
	return c.hasSlot
}

// refuse answers with an error and returns false.
func (c *call) refuse(e *apiError) bool {
	c.rec.Status = e.status
	e.write(c.w)
	return false
}

// abort drops the connection without an answer.
func (c *call) abort() { panic(http.ErrAbortHandler) }

// gone reports whether nobody waits for the answer any more.
func (c *call) gone() bool { return c.r.Context().Err() != nil }

// finish settles the call's account; it runs however the call ended.
func (c *call) finish() {
	if c.hasSlot {
		<-c.s.slots
	}
	used := int64(0)
	if c.accepted {
		used = int64(c.rec.PromptTokens + c.rec.CompletionTokens)
	}
	c.s.meter.settle(c.grant, used)
	c.rec.Complete = c.complete
	c.rec.Gone = c.gone()
	c.s.ledger.finish(&c.rec, c.accepted, c.grant.refusedBy != nil)
}
