package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/price"
)

// shownRequests is how many requests a dry run shows.
const shownRequests = 3

// weighedRequests is how many requests' tokens are estimated; the others' by
// their bytes.
const weighedRequests = 1000

// messageTokens is what a message takes besides its text.
const messageTokens = 4

// A survey is what one reading of the whole input found, before anything is
// sent. The zero value is that of an input that can be read only once.
type survey struct {
	items, bad int64
	kept       int64 // items whose row stays: no request was made of them
	firstBad   error
	cautions   cautions

	requestBytes int64 // of the requests' bodies
	weighed      int64 // of requestBytes, those whose tokens were estimated
	tokens       int64 // of weighed, an estimate
	maxTokens    int64 // that the answers may use, as far as the requests say
	unbounded    int64 // requests that do not say
	first        []sampleRequest
	models       *askedModels // nil: not all of them are known
}

// A sampleRequest is a rendered request with the place of its item.
type sampleRequest struct {
	place, model, body, path string
}

// A surveyor reads the input and renders every item's prompt.
type surveyor struct {
	render    func(*paceline.Item) (*paceline.Request, error)
	unchanged func(*paceline.Item) error // refuses an item that changed; nil: not asked
	fits      func(*paceline.Request)    // looks whether a request fits into the budgets; nil: not asked
	settled   func(index int64) bool     // of an item that will not be sent: it is not rendered; nil: all are
	tick      func()                     // called every few thousand items
	seen      int64                      // items so far
	requests  int64                      // rendered so far
	survey
}

// look surveys src. Its error is one line with the place of the first item
// that cannot be sent as it is.
func (s *surveyor) look(ctx context.Context, src dataset.Rewinder) error {
	found, err := dataset.Check(ctx, src, s.item)
	if err != nil {
		return surveyError(err)
	}
	if found.Duplicated > 0 {
		return duplicateError(found)
	}
	if found.Bad == found.Items {
		return fmt.Errorf("no line of the input can be read: %w", found.FirstBad)
	}
	s.items, s.bad, s.firstBad = found.Items, found.Bad, found.FirstBad
	return nil
}

func surveyError(err error) error {
	if e, ok := errors.AsType[*dataset.LineError](err); ok {
		return fmt.Errorf("%w; correct the line, or leave out --strict to get a row with the error", e)
	}
	return err
}

func duplicateError(found dataset.Survey) error {
	more := ""
	if n := found.Duplicated - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more ids occur twice)", n)
	}
	return fmt.Errorf("%v%s; every item needs an id of its own, or none", found.Duplicates[0], more)
}

// item looks at one item. Those that could not be read get their row later.
func (s *surveyor) item(it *paceline.Item) error {
	if s.seen++; s.seen%4096 == 0 {
		s.tick()
	}
	if s.unchanged != nil {
		if err := s.unchanged(it); err != nil {
			return err
		}
	}
	if it.Err != nil {
		return nil
	}
	if s.settled != nil && s.settled(it.Index) {
		s.kept++
		return nil
	}
	s.cautions.look(it)
	req, err := s.render(it)
	if err != nil {
		return err
	}
	s.count(it, req)
	return nil
}

func (s *surveyor) count(it *paceline.Item, req *paceline.Request) {
	s.requestBytes += int64(len(req.Body))
	in := s.weigh(req)
	model, maxTokens, _ := req.Asks()
	if maxTokens > 0 {
		s.maxTokens += maxTokens
	} else {
		s.unbounded++
	}
	s.countModel(it, model, in, maxTokens)
	if s.fits != nil {
		s.fits(req)
	}
	if len(s.first) < shownRequests {
		s.first = append(s.first, sampleRequest{
			place: itemPlace(it), model: model,
			body: string(slices.Clone(req.Body)), path: req.Path,
		})
	}
}

// weigh returns an estimate of a request's input tokens: of the first requests by
// their texts, of the others by their bytes.
func (s *surveyor) weigh(req *paceline.Request) int64 {
	if s.requests++; s.requests > weighedRequests {
		return int64(float64(len(req.Body)) * float64(s.tokens) / float64(max(s.weighed, 1)))
	}
	in := inputTokens(req)
	s.weighed += int64(len(req.Body))
	s.tokens += in
	return in
}

// countModel notes which model a request asks for, and how large it is.
func (s *surveyor) countModel(it *paceline.Item, model string, in, out int64) {
	if s.models == nil {
		s.models = &askedModels{largest: map[string]sizedRequest{}}
	}
	s.models.add(model, it, in, out)
}

// inputTokens estimates the tokens of what req asks: those of its messages, or
// of the whole body when it has none.
func inputTokens(req *paceline.Request) (tokens int64) {
	messages := gjson.GetBytes(req.Body, "messages")
	if !messages.IsArray() {
		return price.Estimate(req.Body)
	}
	messages.ForEach(func(_, m gjson.Result) bool {
		tokens += messageTokens + price.Estimate([]byte(m.Get("content").String()))
		return true
	})
	return tokens
}

// allTokens estimates the input tokens of all requests.
func (s *survey) allTokens() int64 {
	if s.weighed == 0 {
		return 0
	}
	return int64(float64(s.tokens) * float64(s.requestBytes) / float64(s.weighed))
}

// itemPlace returns where an item stands: "reviews.jsonl:17".
func itemPlace(it *paceline.Item) string {
	if it.File == "" {
		return fmt.Sprintf("item %d", it.Index)
	}
	return fmt.Sprintf("%s:%d", it.File, it.Line)
}
