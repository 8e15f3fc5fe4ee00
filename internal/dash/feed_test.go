package dash

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func TestAReaderGetsTheHistoryAndThenWhatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Guard{})
		defer b.close()
		time.Sleep(10*time.Second + time.Millisecond)
		f := b.listen("")
		hello, _ := f.next()
		if hello.kind != "hello" || !hello.Reset || len(hello.points.At) != 10 || string(hello.Status["done"]) != "100" || string(hello.Status["output"]) != `"out.jsonl"` {
			t.Fatalf("first came %+v", hello)
		}
		first, _ := f.next()
		second, _ := f.next()
		if first.kind != "frame" || first.Points != nil || string(first.Status["done"]) != "105" || len(first.Status) != 1 {
			t.Errorf("after half a second came %+v", first)
		}
		if len(second.points.At) != 1 || second.points.Requests[0] != 10 || string(second.Status["done"]) != "110" {
			t.Errorf("after a second came %+v", second)
		}
		p := second.points
		for figure, at := range map[string][2][]float64{
			"counts": {p.TTFTCount, p.TotalCount}, "p50": {p.TTFT50, p.Total50}, "p99": {p.TTFT99, p.Total99},
		} {
			want := map[string][2]float64{"counts": {10, 9}, "p50": {1000, 60_000}, "p99": {2000, 3_600_000}}[figure]
			if len(at[0]) != 1 || len(at[1]) != 1 || at[0][0] != want[0] || at[1][0] != want[1] {
				t.Errorf("%s of first tokens and calls: %v, want %v", figure, at, want)
			}
		}
		if string(second.Stats["budgets"]) != `{"requests":{"limit":1000,"used":110}}` {
			t.Errorf("its figures are %s, at first %s", second.Stats, hello.Stats)
		}
		f.body.Close()
	})
}

func TestAReaderWhoComesBackGetsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Guard{})
		defer b.close()
		time.Sleep(5*time.Second + time.Millisecond)
		f := b.listen("")
		hello, _ := f.next()
		f.body.Close()
		time.Sleep(3 * time.Second)
		f = b.listen(hello.id)
		rest, _ := f.next()
		f.body.Close()
		if rest.Reset || len(rest.points.At) != 3 || string(rest.Status["output"]) != `"out.jsonl"` {
			t.Errorf("after %s came %+v", hello.id, rest)
		}
		for _, id := range []string{"OTHER.5", "nonsense", hello.id + "0", "." + hello.id} {
			f = b.listen(id)
			whole, _ := f.next()
			f.body.Close()
			if !whole.Reset || len(whole.points.At) != 8 {
				t.Errorf("after %q came %d points, reset %t", id, len(whole.points.At), whole.Reset)
			}
		}
	})
}

func TestManyReadersCostOneLookATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Guard{})
		defer b.close()
		time.Sleep(10*time.Second + time.Millisecond)
		if n := b.run.looked(); n != 11 {
			t.Errorf("nobody reads, and the run was looked at %d times in 10 s", n)
		}
		var feeds []*feed
		for range readersMost {
			feeds = append(feeds, b.listen(""))
		}
		resp, why := b.ask(b.request(http.MethodGet, "/events", ""))
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("one too many: %s, %s", resp.Status, why)
		}
		for _, f := range feeds {
			go func() {
				for ok := true; ok; {
					_, ok = f.next()
				}
			}()
		}
		before := b.run.looked()
		time.Sleep(10 * time.Second)
		if n := b.run.looked() - before; n != 20 {
			t.Errorf("%d readers, and the run was looked at %d times in 10 s", len(feeds), n)
		}
		for _, f := range feeds {
			f.body.Close()
		}
	})
}

// A reader who takes nothing is let go, and nobody waits for it.
func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Guard{})
		defer b.close()
		slow := b.listen("") // and never reads
		time.Sleep(time.Hour)
		f := b.listen("")
		hello, _ := f.next()
		if n := len(hello.points.At); n < fineMost {
			t.Errorf("in the hour before there were %d points", n)
		}
		f.body.Close()
		resp := make(chan int)
		go func() {
			n := 0
			for _, ok := slow.next(); ok; _, ok = slow.next() {
				n++
			}
			resp <- n
		}()
		// Connections keep half a MiB for it. Of an hour's 7,200 events the rest is missing.
		if n := <-resp; n > 3600 {
			t.Errorf("%d events were kept for a reader who took none", n)
		}
		slow.body.Close()
	})
}

func TestASlowReaderIsDroppedAtOnce(t *testing.T) {
	c := newCourse("ID", Facts{}, &sources{}, time.Unix(0, 0))
	slow, _ := c.join("", 0)
	quick, _ := c.join("", 0)
	for i := range framesBehind + 1 {
		c.look(&paceline.Stats{Requests: int64(i)}, nil, &latencies{}, time.Unix(int64(i), 0))
		<-quick.frames
	}
	if len(c.readers) != 1 || len(slow.frames) != framesBehind {
		t.Errorf("%d readers are left, the slow one is %d behind", len(c.readers), len(slow.frames))
	}
	for range framesBehind {
		<-slow.frames
	}
	if _, more := <-slow.frames; more {
		t.Error("it was not told")
	}
}

// TestAPointHasAWidth ends a run in the instant after a point: on clocks that are
// coarse, no time has passed since.
func TestAPointHasAWidth(t *testing.T) {
	c := newCourse("ID", Facts{}, &sources{}, time.Unix(0, 0))
	c.look(&paceline.Stats{Requests: 1}, nil, &latencies{}, time.Unix(1, 0))
	c.end(&Ending{Stats: paceline.Stats{Requests: 3}}, &latencies{}, time.Unix(1, 0))
	points, _ := c.history.since(0)
	if last := points[len(points)-1]; len(points) != 2 || last.requests != 2 || last.span != leastSpan {
		t.Errorf("%d points, at the end of %d requests in %v", len(points), last.requests, last.span)
	}
}

// TestAClockThatIsSetBack does so in the midst of a run: the page's axis only goes
// forward, and items are shown from then on.
func TestAClockThatIsSetBack(t *testing.T) {
	c := newCourse("ID", Facts{}, &sources{}, time.Unix(10_000, 0))
	for i, at := range []int64{10_001, 12_000, 6_400, 6_401} {
		now := time.Unix(at, 0)
		c.look(&paceline.Stats{Requests: int64(i)}, nil, &latencies{}, now)
		c.seen.samples.add(&paceline.Result{Item: paceline.Item{Index: int64(i)}})
	}
	points, _ := c.history.since(0)
	for i := 1; i < len(points); i++ {
		if !points[i].at.After(points[i-1].at) {
			t.Errorf("point %d is at %v, after one at %v", i, points[i].at, points[i-1].at)
		}
	}
	if got := points[1].at; !got.Equal(time.Unix(12_000, 0)) {
		t.Errorf("after a sleep the axis is at %v", got)
	}
	if list, _ := c.seen.samples.since(0); len(list) != 4 {
		t.Errorf("%d of 4 items were shown", len(list))
	}
}

// The page's advice is that of the summary: who gave no cap on calls at once is not
// told to raise it.
func TestAdviceKnowsWhatWasGiven(t *testing.T) {
	st := paceline.Stats{Limited: paceline.Limited{paceline.BottleneckConcurrency: time.Second}, Pace: paceline.Pace{InFlight: 40}}
	given := newFigures(&st, &Facts{}).Advice
	st.Pace.Adapts = true
	adapted := newFigures(&st, &Facts{}).Advice
	if !strings.HasPrefix(given, "raise --concurrency above 40") || !strings.HasPrefix(adapted, "so many calls at once are what the server bore") {
		t.Errorf("given: %q; adapted: %q", given, adapted)
	}
}

func TestTheFeedEndsWithTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Guard{})
		defer b.close()
		time.Sleep(2*time.Second + time.Millisecond)
		f := b.listen("")
		f.next()
		b.page.End(Ending{
			Stats: paceline.Stats{Done: 21, Requests: 21}, Status: json.RawMessage(`{"done":21}`), Summary: json.RawMessage("{\n  \"items\": 21\n}\n"),
		})
		last, _ := f.next()
		end, _ := f.next()
		if last.kind != "frame" || string(last.Status["done"]) != "21" || last.points.Requests[0] != 1 {
			t.Errorf("before the end came %+v", last)
		}
		if end.kind != "end" || !end.Ended || string(end.Summary) != `{"items":21}` {
			t.Errorf("at the end came %+v", end)
		}
		if ev, ok := f.next(); ok {
			t.Errorf("after the end came %+v", ev)
		}
		looks := b.run.looked()
		time.Sleep(time.Minute)
		late := b.listen("")
		hello, _ := late.next()
		if _, ok := late.next(); ok || !hello.Ended || string(hello.Summary) != `{"items":21}` || len(hello.points.At) != 3 {
			t.Errorf("who came late got %+v, more %t", hello, ok)
		}
		if n := b.run.looked(); n != looks {
			t.Errorf("a run that had ended was looked at %d times", n-looks)
		}
	})
}

func TestASilentFeedBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New()
		r := &reader{frames: make(chan []byte)}
		var sent []string
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.pass(req, r, func(b []byte) bool { sent = append(sent, string(b)); return true })
		}()
		time.Sleep(2*beatEvery + time.Second)
		close(r.frames)
		<-done
		if got := strings.Join(sent, ""); got != ": still here\n\n: still here\n\n" {
			t.Errorf("sent %q", got)
		}
	})
}

// TestCloseJoins relies on its bubble, which fails when a goroutine is left.
func TestCloseJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Guard{})
		f := b.listen("")
		silent := b.listen("")
		time.Sleep(time.Second)
		b.close()
		for ok := true; ok; {
			_, ok = f.next()
		}
		silent.body.Close()
		b.page.End(Ending{}) // too late, and harmless
	})
}
