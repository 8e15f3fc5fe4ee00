package chronicle

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/logfile"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// told are the messages of a log, with the values of some fields.
func told(log *bytes.Buffer, fields ...string) (text string) {
	for line := range strings.Lines(log.String()) {
		text += gjson.Get(line, "level").String() + " " + gjson.Get(line, "msg").String()
		for _, f := range fields {
			if v := gjson.Get(line, f); v.Exists() {
				text += " " + f + "=" + v.String()
			}
		}
		text += "\n"
	}
	return text
}

// someDay is when what is told of happened.
var someDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return someDay.Add(time.Duration(ms) * time.Millisecond) }

// refusedAt are the events of an attempt of 100 ms that ends then.
func refusedAt(ms int, model string, wait time.Duration) []paceline.Event {
	err := &paceline.Error{Code: paceline.CodeThrottled, Status: 429, Message: "slow down", RetryAfter: wait}
	return []paceline.Event{
		{Kind: paceline.EventEnd, Time: at(ms), Endpoint: "1", Model: model, Err: err, Total: 100 * time.Millisecond, Attempt: 1},
		{Kind: paceline.EventLater, Time: at(ms), Endpoint: "1", Model: model, Err: err, Delay: wait, Attempt: 1},
	}
}

// answeredAt is the event with which an episode ends then.
func answeredAt(ms int, model string) []paceline.Event {
	return []paceline.Event{{Kind: paceline.EventLaterOver, Time: at(ms), Endpoint: "1", Model: model, Attempt: 2}}
}

// TestThrottlingIsOneEpisode refuses ten calls at once: it is told once that it
// began and once that it is over.
func TestThrottlingIsOneEpisode(t *testing.T) {
	var log bytes.Buffer
	c := New(&log, "info")
	feed := func(list []paceline.Event) {
		for i := range list {
			c.Observe(&list[i])
		}
	}
	for i := range 10 {
		feed(refusedAt(1000+i, "m", time.Second))
	}
	feed(answeredAt(2500, "other")) // whose beginning was lost
	feed(answeredAt(2600, "m"))
	feed(refusedAt(9000, "m", 0))
	want := "WARN throttled model=m pause_s=1 retry_after_s=1\n" +
		"INFO throttling over model=m refused=10 took_s=1.6\n" +
		"WARN throttled model=m pause_s=0\n"
	if got := told(&log, "model", "pause_s", "retry_after_s", "refused", "took_s"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAttemptsAreToldAtDebugOnly(t *testing.T) {
	ok := paceline.Event{Kind: paceline.EventEnd, Time: at(0), Index: 7, Attempt: 2, Endpoint: "eu", Model: "m", Hedge: true,
		FirstToken: 1500 * time.Microsecond, Total: 2 * time.Second, RequestID: "req_1",
		Usage: paceline.Usage{Prompt: 5, Completion: 3, Known: true}}
	bad := paceline.Event{Kind: paceline.EventEnd, Time: at(1), Index: 8, Attempt: 1, Endpoint: "eu", Total: time.Second,
		Err: &paceline.Error{Code: paceline.CodeServer, Status: 503, ProviderCode: "overloaded", RequestID: "req_2", Err: errors.New("busy\nnow")}}
	done := paceline.Event{Kind: paceline.EventItem, Time: at(2), Index: 7, Attempt: 2}
	failed := paceline.Event{Kind: paceline.EventItem, Time: at(3), Index: 8, Attempt: 5, Status: paceline.StatusFailed, Err: bad.Err}
	fields := []string{"item", "attempt", "endpoint", "model", "hedge", "first_token_ms", "total_ms", "prompt_tokens", "completion_tokens",
		"request_id", "status", "requests", "code", "http_status", "provider_code", "error"}
	for level, want := range map[string]string{
		"info": "WARN item failed item=8 status=failed requests=5 code=server_error http_status=503 provider_code=overloaded error=busy now\n",
		"debug": "DEBUG attempt item=7 attempt=2 endpoint=eu model=m hedge=true first_token_ms=1.5 total_ms=2000 prompt_tokens=5 completion_tokens=3 request_id=req_1 code=ok\n" +
			"DEBUG attempt item=8 attempt=1 endpoint=eu model= hedge=false first_token_ms= total_ms=1000 request_id=req_2 code=server_error http_status=503 provider_code=overloaded error=busy now\n" +
			"DEBUG item done item=7 status=done requests=2 code=ok\n" +
			"WARN item failed item=8 status=failed requests=5 code=server_error http_status=503 provider_code=overloaded error=busy now\n",
	} {
		var log bytes.Buffer
		c := New(&log, level)
		for _, ev := range []paceline.Event{ok, bad, done, failed} {
			c.Observe(&ev)
		}
		if got := told(&log, fields...); got != want {
			t.Errorf("%s: got\n%swant\n%s", level, got, want)
		}
	}
}

// TestLooksTellWhatNoEventDoes shows a run second by second.
func TestLooksTellWhatNoEventDoes(t *testing.T) {
	var log bytes.Buffer
	c := New(&log, "info")
	var st paceline.Stats
	c.Attach(func() paceline.Stats { return st }, func(st paceline.Stats, _ time.Time) status.State { return status.State{Stats: st} })
	c.told = at(0)
	second := 0
	look := func(change func()) {
		change()
		second++
		c.Look(at(1000 * second))
	}
	look(func() { st.Requests, st.Pace.Requests = 10, paceline.Per(500, time.Minute) })
	look(func() {
		st.Pace.Endpoints = []paceline.EndpointPace{{Name: "eu", Down: true, Answered: true, Failing: 7}}
	})
	look(func() {
		st.Pace.Endpoints = []paceline.EndpointPace{{Name: "eu", Down: true, Answered: true, DownFor: 5 * time.Second}}
	})
	look(func() { st.Pace.Endpoints = []paceline.EndpointPace{{Name: "eu", Answered: true}} })
	look(func() { st.Pace.LimitedBy = paceline.BottleneckHold })
	look(func() {})
	look(func() { st.Pace.LimitedBy = paceline.BottleneckRequests })
	look(func() { st.Pace.Requests = paceline.Per(550, time.Minute) })
	look(func() { st.Pace.Requests, st.Pace.FoundOut = paceline.Per(551, time.Minute), true }) // these move all the time
	look(func() { st.EventsLost = 30 })
	second = 60
	look(func() {})
	st.EventsLost = 31
	c.Detach(st)
	look(func() { st.EventsLost = 99 })
	want := "WARN outage endpoint=eu failed=7\nINFO outage over endpoint=eu took_s=5\n" +
		"INFO paused by hand\nINFO resumed\nINFO limits changed requests_per_min=550\n" +
		"WARN events lost events=30\nINFO progress failed=0\nWARN events lost events=1\n"
	if got := told(&log, "endpoint", "failed", "took_s", "requests_per_min", "events"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// BenchmarkChronicle is what the log costs for a call that goes well, of which it
// gets the events that it asked for.
func BenchmarkChronicle(b *testing.B) {
	usage := paceline.Usage{Prompt: 512, Completion: 34, Known: true}
	events := map[paceline.EventKind]paceline.Event{
		paceline.EventEnd: {Kind: paceline.EventEnd, Time: at(1), Index: 12345, Attempt: 1, Endpoint: "1", Model: "gpt-4o-mini",
			FirstToken: 512345678, Total: 2123456789, Usage: usage, RequestID: "req_0123456789abcdef0123456789abcdef"},
		paceline.EventItem: {Kind: paceline.EventItem, Time: at(2), Index: 12345, Attempt: 1, Usage: usage},
	}
	for _, level := range []string{"info", "debug"} {
		b.Run(level, func(b *testing.B) {
			file := logfile.Start(nowhere{}, []string{"sk-proj-0123456789abcdefghijklmnopqrstuvwxyz"}, nil, func(error, int64) {})
			defer file.Close()
			c := New(file, level)
			b.ReportAllocs()
			for b.Loop() {
				for _, kind := range c.Successes() {
					if ev, ok := events[kind]; ok {
						c.Observe(&ev)
					}
				}
			}
		})
	}
}

// nowhere is a file that keeps nothing.
type nowhere struct{ io.Writer }

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Close() error                { return nil }
