package paceline_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// choices answers with one choice each, played in order, the last for ever.
func choices(list ...paceline.Choice) paceline.Provider {
	var mu sync.Mutex
	n := 0
	return paceline.ProviderFunc(func(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		c := list[min(n, len(list)-1)]
		n++
		return &paceline.Response{Choices: []paceline.Choice{c}, Usage: paceline.Usage{Prompt: 1, Completion: 1, Known: true}}, nil
	})
}

func isYes(_ *paceline.Request, r *paceline.Response) error {
	if r.Text() != "yes" {
		return errors.New("want yes")
	}
	return nil
}

func TestFault34EndingsHaveAStatusOfTheirOwn(t *testing.T) {
	yes, no := json.RawMessage(`"yes"`), json.RawMessage(`"no"`)
	cut := paceline.Choice{Content: no, FinishReason: "length"}
	filtered := paceline.Choice{Content: no, FinishReason: "content_filter"}
	refused := paceline.Choice{Content: json.RawMessage("null"), Refusal: json.RawMessage(`"I will\nnot."`), FinishReason: "stop"}
	for name, c := range map[string]struct {
		cfg      paceline.Config
		list     []paceline.Choice
		want     paceline.Status
		code     paceline.Code
		requests int
	}{
		"cut off":                       {list: []paceline.Choice{cut}, want: paceline.StatusTruncated, code: paceline.CodeTruncated, requests: 1},
		"cut off and allowed":           {cfg: paceline.Config{AllowTruncated: true}, list: []paceline.Choice{cut}, requests: 1},
		"cut off and accepted":          {cfg: paceline.Config{Accept: isYes}, list: []paceline.Choice{{Content: yes, FinishReason: "length"}}, requests: 1},
		"cut off and never accepted":    {cfg: paceline.Config{Accept: isYes}, list: []paceline.Choice{cut}, want: paceline.StatusTruncated, code: paceline.CodeTruncated, requests: 4},
		"cut off, then invalid":         {cfg: paceline.Config{Accept: isYes}, list: []paceline.Choice{cut, {Content: no, FinishReason: "stop"}}, want: paceline.StatusInvalid, code: paceline.CodeInvalidAnswer, requests: 4},
		"filtered":                      {list: []paceline.Choice{filtered}, want: paceline.StatusFiltered, code: paceline.CodeContentFilter, requests: 1},
		"filtered, though one may look": {cfg: paceline.Config{Accept: isYes}, list: []paceline.Choice{filtered}, want: paceline.StatusFiltered, code: paceline.CodeContentFilter, requests: 1},
		"refused":                       {cfg: paceline.Config{Accept: isYes}, list: []paceline.Choice{refused}, want: paceline.StatusRefused, code: paceline.CodeRefused, requests: 1},
		"refused, then asked otherwise": {cfg: paceline.Config{Accept: isYes, Again: func(a paceline.Ask) *paceline.Request { return a.Request }},
			list: []paceline.Choice{refused, {Content: yes, FinishReason: "stop"}}, requests: 2},
	} {
		t.Run(name, func(t *testing.T) {
			running(t, choices(c.list...), c.cfg, func(t *testing.T, e *paceline.Engine) {
				sink := new(collector)
				sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1}, Sink: sink})
				if err != nil {
					t.Fatal(err)
				}
				r := sink.results[0]
				if r.Status != c.want || r.Requests != c.requests || r.Response == nil || (r.Err != nil) != (c.want != paceline.StatusDone) {
					t.Errorf("%v after %d requests, response %v, error %v", r.Status, r.Requests, r.Response != nil, r.Err)
				}
				if r.Err != nil && (r.Err.Code != c.code || strings.Contains(r.Err.Message, "\n")) {
					t.Errorf("error: %v", r.Err)
				}
				got := map[paceline.Status]int64{
					paceline.StatusDone: sum.Done, paceline.StatusInvalid: sum.Invalid, paceline.StatusTruncated: sum.Truncated,
					paceline.StatusFiltered: sum.Filtered, paceline.StatusRefused: sum.Refused,
				}
				if got[c.want] != 1 || sum.Ended() != 1 {
					t.Errorf("counted: %v", got)
				}
			})
		})
	}
}

// Outside of a run, and where nobody judges, an answer is returned as it is.
func TestDoReturnsWhatIsCompleteUnlessItIsJudged(t *testing.T) {
	cut := paceline.Choice{Content: json.RawMessage(`"no"`), FinishReason: "length"}
	running(t, choices(cut), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		if resp, err := e.Do(t.Context(), &paceline.Request{}); err != nil || resp.FinishReason() != "length" {
			t.Errorf("%v, %v", resp, err)
		}
	})
	running(t, choices(cut), paceline.Config{Accept: isYes, Asks: 1}, func(t *testing.T, e *paceline.Engine) {
		resp, err := e.Do(t.Context(), &paceline.Request{})
		if paceline.CodeOf(err) != paceline.CodeTruncated || resp == nil || resp.Text() != "no" {
			t.Errorf("%v, %v", resp, err)
		}
	})
}

// An answer that is being judged holds no place in flight, and a shutdown waits
// for it.
func TestAnswersAreJudgedBesideTheCalls(t *testing.T) {
	cfg := paceline.Config{Limits: paceline.Limits{InFlight: 1}, Accept: func(*paceline.Request, *paceline.Response) error {
		time.Sleep(time.Hour)
		return nil
	}}
	engine(t, cfg, []step{answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, s *script) {
		var wg sync.WaitGroup
		var ended atomic.Int32
		for range 3 {
			wg.Go(func() {
				if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
					t.Error(err)
				}
				ended.Add(1)
			})
		}
		time.Sleep(10 * time.Second)
		s.mu.Lock()
		if last := s.sent[len(s.sent)-1].Sub(s.sent[0]); len(s.sent) != 3 || last != 2*time.Second {
			t.Errorf("%d requests, the last after %v: they wait for the judge", len(s.sent), last)
		}
		s.mu.Unlock()
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if st := e.Stats(); ended.Load() != 3 || st.InFlight != 0 {
			t.Errorf("%d ended, %d in flight", ended.Load(), st.InFlight)
		}
	})
}

// A judge that is slower than the calls does not have their answers pile up.
func TestAnswersThatWaitForTheirJudgeAreBounded(t *testing.T) {
	var judged, most, waiting atomic.Int64
	cfg := paceline.Config{Limits: paceline.Limits{InFlight: 10}, Accept: func(*paceline.Request, *paceline.Response) error {
		if n := waiting.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(time.Hour)
		waiting.Add(-1)
		judged.Add(1)
		return nil
	}}
	running(t, always(answers(time.Second, "a")), cfg, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		if _, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 3000}, Sink: sink}); err != nil {
			t.Fatal(err)
		}
		sink.whole(t, 3000)
		if n := most.Load(); n < 1000 || n > 1024+10 || judged.Load() != 3000 {
			t.Errorf("%d answers waited at once, %d were judged", n, judged.Load())
		}
	})
}

func TestAJudgeMayCallTheEngineItself(t *testing.T) {
	for _, inFlight := range []int{10, 2000} {
		var e *paceline.Engine
		var ctx context.Context
		cfg := paceline.Config{Limits: paceline.Limits{InFlight: inFlight}, Accept: func(req *paceline.Request, _ *paceline.Response) error {
			if req.Model == "judge" {
				return nil
			}
			_, err := e.Do(ctx, &paceline.Request{Model: "judge"})
			return err
		}}
		running(t, always(answers(time.Second, "a")), cfg, func(t *testing.T, engine *paceline.Engine) {
			var cancel context.CancelFunc
			e = engine
			ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			sum, err := engine.Run(ctx, paceline.Job{Source: &numbers{n: 3000}, Sink: new(collector)})
			if err != nil || sum.Done != 3000 || engine.Stats().Requests != 6000 {
				t.Errorf("%d at once: %v; %d done by %d requests", inFlight, err, sum.Done, sum.Requests)
			}
		})
	}
}

// Another model is asked: its requests and its price count.
func TestAnAnswerMayBeAskedForOfAnotherModel(t *testing.T) {
	var models []string
	p := paceline.ProviderFunc(func(_ context.Context, req *paceline.Request, _ func(paceline.Delta)) (*paceline.Response, error) {
		models = append(models, req.Model)
		if req.Model == "large" {
			return text("yes"), nil
		}
		return text("no"), nil
	})
	large := &paceline.Request{Model: "large"}
	cfg := paceline.Config{
		Accept: isYes,
		Again: func(a paceline.Ask) *paceline.Request {
			if a.First.Model != "small" || a.Err.Code != paceline.CodeInvalidAnswer || a.Number != len(models)+1 {
				t.Errorf("asked with %+v", a)
			}
			if a.Number == 3 {
				return large
			}
			return a.Request
		},
		Price: func(model string, u paceline.Usage) paceline.Cost {
			return paceline.Cost{USD: map[string]float64{"small": 1, "large": 10}[model], Known: true}
		},
	}
	running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		source := paceline.Job{Source: &numbers{n: 1}, Sink: sink, Prepare: func(*paceline.Item) (*paceline.Request, error) {
			return &paceline.Request{Model: "small"}, nil
		}}
		sum, err := e.Run(t.Context(), source)
		if err != nil || strings.Join(models, " ") != "small small large" {
			t.Fatal(models, err)
		}
		if r := sink.results[0]; r.Cost.USD != 12 || r.Usage.Completion != 15 || r.Response.Cost.USD != 10 {
			t.Errorf("cost %v, usage %v, the answer's cost %v", r.Cost, r.Usage, r.Response.Cost)
		}
		if sum.Cost.USD != 12 || sum.RejectedCost.USD != 2 || sum.Rejected.Completion != 10 || sum.Asked != 2 || sum.NotAccepted != 2 ||
			sum.Causes[paceline.CodeInvalidAnswer] != 2 {
			t.Errorf("%+v", sum.Stats)
		}
	})
}

func TestFault47APanicInAgainIsTheItemsAlone(t *testing.T) {
	cfg := paceline.Config{Accept: isYes, Again: func(paceline.Ask) *paceline.Request { panic("boom") }}
	engine(t, cfg, []step{answers(time.Second, "no"), answers(time.Second, "yes")}, func(t *testing.T, e *paceline.Engine, s *script) {
		if _, err := e.Do(t.Context(), &paceline.Request{}); paceline.CodeOf(err) != paceline.CodePanic {
			t.Errorf("err = %v", err)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
			t.Errorf("the next call fails too: %v", err)
		}
	})
}

func TestFeedbackSaysWhatWasWrong(t *testing.T) {
	const wrong = `\nReply with the whole answer again, corrected, and with nothing else.`
	complaint := `"Your answer was not accepted: not \"yes\" & <no>` + wrong + `"`
	call := `[{"id":"c1","type":"function","function":{"name":"f","arguments":"{"}},{"id":"c2"}]`
	for name, c := range map[string]struct {
		req    paceline.Request
		choice paceline.Choice
		want   string // of the body; "" for the call's own request
	}{
		"a body": {
			paceline.Request{Body: json.RawMessage(`{"seed":12345678901234567890, "messages" : [{"role":"user","content":"q"}] ,"n":1.0}`)},
			paceline.Choice{Content: json.RawMessage(`"n\u006f"`)},
			`{"seed":12345678901234567890, "messages" : [{"role":"user","content":"q"},{"role":"assistant","content":"n\u006f"},{"role":"user","content":` + complaint + `}] ,"n":1.0}`,
		},
		"messages": {
			paceline.Request{Model: "m", Messages: paceline.User("q")},
			paceline.Choice{Content: json.RawMessage(`[{"type":"text","text":"no"}]`)},
			`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"no"}]},{"role":"user","content":` + complaint + `}]}`,
		},
		"tool calls": {
			paceline.Request{Messages: paceline.User("q")},
			paceline.Choice{Content: json.RawMessage("null"), ToolCalls: json.RawMessage(call)},
			`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":` + call + `},` +
				`{"role":"tool","tool_call_id":"c1","content":` + complaint + `},{"role":"tool","tool_call_id":"c2","content":` + complaint + `}]}`,
		},
		"nothing said":    {req: paceline.Request{Messages: paceline.User("q")}, choice: paceline.Choice{Content: json.RawMessage("null")}},
		"no conversation": {req: paceline.Request{Body: json.RawMessage(`{"prompt":"q"}`)}, choice: paceline.Choice{Content: json.RawMessage(`"no"`)}},
		"an answer begun": {
			req:    paceline.Request{Body: json.RawMessage(`{"messages":[{"role":"assistant","content":"{"}]}`)},
			choice: paceline.Choice{Content: json.RawMessage(`"no"`)},
		},
	} {
		before := string(c.req.Body)
		got := paceline.Feedback(paceline.Ask{
			First: &c.req, Request: &c.req, Response: &paceline.Response{Choices: []paceline.Choice{c.choice}},
			Err: &paceline.Error{Code: paceline.CodeInvalidAnswer, Message: `not "yes" & <no>`}, Number: 2,
		})
		switch {
		case c.want == "" && got != &c.req:
			t.Errorf("%s: another request: %s", name, got.Body)
		case c.want != "" && string(got.Body) != c.want:
			t.Errorf("%s:\ngot  %s\nwant %s", name, got.Body, c.want)
		}
		if string(c.req.Body) != before {
			t.Errorf("%s: the call's own request was changed to %s", name, c.req.Body)
		}
	}
}

func TestFeedbackIsBounded(t *testing.T) {
	long, _ := json.Marshal(strings.Repeat("é", 1<<20))
	ask := paceline.Ask{
		First:    &paceline.Request{Messages: paceline.User("q")},
		Response: &paceline.Response{Choices: []paceline.Choice{{Content: long}}},
		Err:      &paceline.Error{Code: paceline.CodeTruncated, Message: strings.Repeat("é", math.MaxUint16)},
	}
	got := paceline.Feedback(ask)
	if n := len(got.Body); n < 128<<10 || n > 140<<10 || !json.Valid(got.Body) {
		t.Errorf("%d bytes, valid: %v", n, json.Valid(got.Body))
	}
	ask.Err.Code = paceline.CodeRefused
	if got := paceline.Feedback(ask); got != nil {
		t.Error("a refusal is asked for again")
	}
}
