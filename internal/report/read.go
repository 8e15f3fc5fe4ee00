package report

import (
	"errors"
	"os"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/advice"
	"github.com/seed-1814a72b/paceline/journal"
)

// Options says what a report is made with.
type Options struct {
	Now     time.Time // when it is written
	Running bool      // the run goes on
	Seed    uint64    // draws other samples
	NoText  bool      // leave out what items, answers and prompts say

	// About reads the identity of a run. nil, or an error: nothing is known of it.
	About func(identity []byte) (About, error)
}

// While the rows of a run are put in order, its journal cannot be read for a
// moment. That is waited for if the run goes on; if it does not, its next session
// completes the order.
const (
	tries       = 100
	triesOfDead = 3
	retryAfter  = 20 * time.Millisecond
)

// Read reads the run that wrote an output. It changes nothing and takes no lock,
// and needs no more memory for a large run. Of a run that goes on it shows what
// was written when it began. The error is the journal's: it wraps fs.ErrNotExist
// if there is none.
func Read(output string, o Options) (*Report, error) {
	last := triesOfDead
	if o.Running {
		last = tries
	}
	for try := 1; ; try++ {
		before, _ := os.Stat(output)
		r, lost, err := read(output, o)
		after, _ := os.Stat(output)
		replaced := before != nil && after != nil && !os.SameFile(before, after)
		torn := lost > 0 && o.Running && try <= triesOfDead
		if try == last || !replaced && !torn && !changing(err) {
			return r, err
		}
		if o.Running {
			time.Sleep(retryAfter)
		}
	}
}

// changing reports whether a journal could not be read because it was being
// replaced.
func changing(err error) bool {
	e, ok := errors.AsType[*journal.Error](err)
	return ok && e.Code == journal.CodeCorrupt
}

// read returns the report, and how many rows were not those that the journal
// tells: between the moments when the rows and the journal of an order take their
// places, that is all of them.
func read(output string, o Options) (r *Report, lost int64, err error) {
	held, err := journal.Read(output)
	if err != nil {
		return nil, 0, err
	}
	rows, end := openRows(output)
	defer end()
	first := newSurvey(o.Seed)
	if err := held.Visit(first.visitor()); err != nil {
		return nil, 0, err
	}
	first.time.lay()
	second := newCourse(first, first.picks.stories())
	if err := held.Visit(second.visitor()); err != nil {
		return nil, 0, err
	}
	w := writer{o: o, held: held.Recovered(), survey: first, course: second, rows: rows}
	r = w.write(output)
	return r, rows.lost, nil
}

// stories returns room for the history of every item that is picked.
func (p *picks) stories() map[int64]*story {
	all := map[int64]*story{}
	for _, list := range [][]journal.Entry{p.failed.taken, p.sampled.taken, p.slowest.Entries(), p.dearest.Entries()} {
		for _, e := range list {
			all[e.Index] = &story{}
		}
	}
	return all
}

// A writer makes a report out of what was read.
type writer struct {
	o      Options
	held   journal.Recovery
	survey *survey
	course *course
	rows   *rows
}

func (w *writer) write(output string) *Report {
	r := &Report{Format: Format, Written: w.o.Now, Output: output, Missing: []string{}, Advice: []string{}}
	w.about(r)
	w.times(r)
	w.counts(r)
	w.account(r)
	w.limits(r)
	r.Endpoints = w.course.places.list()
	r.Series = w.course.series()
	r.Latencies = buckets(w.course.first, w.course.total)
	r.FirstToken, r.Total = w.course.first.figures(), w.course.total.figures()
	w.items(r)
	r.State = w.state(r)
	r.Headline = headline(r)
	w.missing(r)
	return r
}

func (w *writer) about(r *Report) {
	if w.o.About != nil {
		if about, err := w.o.About(w.survey.identity); err == nil {
			r.Run = about
		}
	}
	for _, list := range []*[]string{&r.Run.Inputs, &r.Run.Params} {
		if *list == nil {
			*list = []string{}
		}
	}
	if w.o.NoText {
		r.Run.Prompt, r.Run.System, r.Run.Params = "", "", []string{}
	}
}

// mostSessions bounds the sessions that are listed.
const mostSessions = 200

func (w *writer) times(r *Report) {
	t := &w.survey.time
	r.RunningS, r.Sessions = t.running(), []Session{}
	for i, s := range t.spans {
		if i == 0 {
			r.Began = timeOf(s.began)
		}
		r.Ended = timeOf(s.ended)
		if i < mostSessions {
			r.Sessions = append(r.Sessions, Session{Began: s.began.UTC(), Ended: s.ended.UTC(), X: s.x, Rows: s.rows, Noted: s.noted})
		}
	}
}

func (w *writer) counts(r *Report) {
	h := &w.held
	r.Items = Items{
		Done: h.Done, Failed: h.Failed, Invalid: h.Invalid,
		Truncated: h.Truncated, Filtered: h.Filtered, Refused: h.Refused,
	}
	if r.Run.Items > 0 {
		total := max(r.Run.Items, r.Items.ended())
		r.Items.Total = &total
	}
	t := &h.Totals
	r.Requests = Requests{Sent: t.Requests + t.Lost, Open: t.Lost}
	if m := &w.course.moments; m.count > 0 {
		r.Requests.Retries, r.Requests.Hedges = &m.retries, &m.hedges
	}
	r.Requests.Throttled = h.Account.Wasted[uint8(paceline.CodeThrottled)].Requests
	if t.PromptTokens+t.CompletionTokens > 0 || r.Items.Done == 0 {
		r.PromptTokens, r.CompletionTokens = &t.PromptTokens, &t.CompletionTokens
	}
}

func (w *writer) state(r *Report) State {
	switch {
	case w.o.Running:
		return Running
	case r.Items.Total != nil && r.Items.ended() >= *r.Items.Total:
		return Finished
	case !w.held.Closed:
		return Killed
	case r.Items.Total == nil:
		return Unknown
	}
	return Stopped
}

// limits says what held the run back, and what would help.
func (w *writer) limits(r *Report) {
	m := &w.course.moments
	r.LimitedBy = []Share{}
	for _, p := range advice.Parts(m.whole) {
		r.LimitedBy = append(r.LimitedBy, Share{p.Bottleneck.String(), p.Share, m.whole[p.Bottleneck].Seconds(), p.Bottleneck})
	}
	run := m.run()
	run.Silent, run.Exhausted = r.Requests.Sent > 0 && !w.course.hearing.heard, w.course.hearing.exhausted
	if text := run.Remedy(); text != "" {
		r.Advice = append(r.Advice, text)
	}
}
