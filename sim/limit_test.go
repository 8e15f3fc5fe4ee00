package sim

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The counters below know nothing of the limiter: they look at when requests
// were allowed.

// worstSliding returns the most events in any half-open span.
func worstSliding(times []time.Time, span time.Duration) int {
	most, first := 0, 0
	for i, t := range times {
		for t.Sub(times[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// worstFixed returns the most events between two full minutes (or seconds).
func worstFixed(times []time.Time, span time.Duration) int {
	n := map[int64]int{}
	most := 0
	for _, t := range times {
		k := t.UnixNano() / int64(span)
		n[k]++
		most = max(most, n[k])
	}
	return most
}

// worstBucket returns the most events beyond those that the rate replaces, over
// all spans: the burst that a bucket would have to hold.
func worstBucket(times []time.Time, limit int, span time.Duration) float64 {
	level, most := 0.0, 0.0
	for i, t := range times {
		if i > 0 {
			level = math.Max(0, level-float64(limit)*float64(t.Sub(times[i-1]))/float64(span))
		}
		level++
		most = math.Max(most, level)
	}
	return most
}

// hammer asks at random times for the given time and returns when it was let
// in; it is told to wait now and then, and then comes back to the nanosecond.
func hammer(t *testing.T, s *Server, span time.Duration, gap time.Duration) []time.Time {
	t.Helper()
	var allowed []time.Time
	d := draws(99)
	for start, k := time.Now(), 0; time.Since(start) < span; k++ {
		r := direct(s, chatBody("x"+strconv.Itoa(k), `,"max_tokens":1`))
		switch {
		case r.status == 200:
			allowed = append(allowed, time.Now())
		case r.status != 429:
			t.Fatalf("status %d: %s", r.status, r.body)
		case d.intn(3) == 0: // wait as told: the next request must get in
			ms, err := strconv.Atoi(r.header.Get("Retry-After-Ms"))
			if err != nil || ms <= 0 {
				t.Fatalf("a refused request is told to wait %q ms", r.header.Get("Retry-After-Ms"))
			}
			time.Sleep(time.Duration(ms) * time.Millisecond)
			if r := direct(s, chatBody("y"+strconv.Itoa(k), `,"max_tokens":1`)); r.status != 200 {
				t.Fatalf("a request that waited %d ms as told got %d: %s", ms, r.status, r.body)
			}
			allowed = append(allowed, time.Now())
		}
		time.Sleep(time.Duration(d.exp() * float64(gap)))
	}
	return allowed
}

func TestFault01LimitsOverHours(t *testing.T) {
	const hours = 3 * time.Hour
	for _, test := range []struct {
		limits Limits
		gap    time.Duration
		check  func(t *testing.T, allowed []time.Time)
	}{
		{Limits{RPM: 60, Window: SlidingWindow}, 300 * time.Millisecond, func(t *testing.T, at []time.Time) {
			mustBe(t, "in any minute", worstSliding(at, time.Minute), 60)
		}},
		{Limits{RPM: 60, Window: FixedWindow}, 300 * time.Millisecond, func(t *testing.T, at []time.Time) {
			mustBe(t, "in any full minute", worstFixed(at, time.Minute), 60)
			if n := worstSliding(at, time.Minute); n <= 60 {
				t.Errorf("%d in a minute: a fixed window lets more through at its seam", n)
			}
		}},
		{Limits{RPM: 60, Window: TokenBucket}, 300 * time.Millisecond, func(t *testing.T, at []time.Time) {
			if n := worstBucket(at, 60, time.Minute); n > 60.001 || n < 59 {
				t.Errorf("a burst of %.3f", n)
			}
		}},
		{Limits{RPM: 60, Burst: 5}, 300 * time.Millisecond, func(t *testing.T, at []time.Time) {
			if n := worstBucket(at, 60, time.Minute); n > 5.001 || n < 4 {
				t.Errorf("a burst of %.3f", n)
			}
		}},
		{Limits{RPS: 2, RPM: 60, Window: SlidingWindow}, 200 * time.Millisecond, func(t *testing.T, at []time.Time) {
			mustBe(t, "in any second", worstSliding(at, time.Second), 2)
			mustBe(t, "in any minute", worstSliding(at, time.Minute), 60)
		}},
	} {
		t.Run(fmt.Sprint(test.limits), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, Config{Limits: test.limits, Tokens: MustCounts("1")})
				allowed := hammer(t, s, hours, test.gap)
				if want := 60 * 180 * 98 / 100; len(allowed) < want {
					t.Errorf("%d allowed in three hours, want at least %d", len(allowed), want)
				}
				test.check(t, allowed)
				l := s.Ledger()
				mustBe(t, "answers in the ledger", l.Complete.Requests, int64(len(allowed)))
				mustBe(t, "refused in the ledger", l.Refused, l.Requests-int64(len(allowed)))
			})
		})
	}
}

// A token limit holds for what is reserved, and is settled at the end.
func TestTokensAreReservedAndSettled(t *testing.T) {
	for _, window := range []Window{TokenBucket, FixedWindow, SlidingWindow} {
		for _, keep := range []bool{false, true} {
			t.Run(fmt.Sprint(window, keep), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newServer(t, Config{
						Limits: Limits{TPM: 1000, Window: window, KeepEstimate: keep}, Tokens: MustCounts("10"),
					})
					first := direct(s, chatBody("x", `,"max_tokens":900`))
					mustBe(t, "first", first.status, 200)
					prompt := first.get("usage.prompt_tokens").Int()
					mustBe(t, "left while reserved", first.header.Get("x-ratelimit-remaining-tokens"), strconv.FormatInt(100-prompt, 10))
					second := direct(s, chatBody("y", `,"max_tokens":900`))
					if keep {
						mustBe(t, "second", second.status, 429)
						mustBe(t, "type", second.get("error.type").String(), "tokens")
						return
					}
					mustBe(t, "second", second.status, 200)
					mustBe(t, "left", second.header.Get("x-ratelimit-remaining-tokens"), strconv.FormatInt(1000-prompt-10-900-prompt, 10))
				})
			})
		}
	}
}

func TestTooManyTokensForTheLimit(t *testing.T) {
	s := newServer(t, Config{Limits: Limits{TPM: 100}})
	r := direct(s, chatBody("x", `,"max_tokens":101`))
	mustBe(t, "status", r.status, 429)
	mustBe(t, "Retry-After", r.header.Get("Retry-After"), "")
	if m := r.get("error.message").String(); !strings.HasPrefix(m, "Request too large") {
		t.Errorf("message %q", m)
	}
}

func TestLimitsArePerKey(t *testing.T) {
	for _, shared := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, Config{Limits: Limits{RPM: 1, Shared: shared}})
			c, stop := new(Network).Serve(s)
			want := map[bool]int{false: 200, true: 429}[shared]
			mustBe(t, "first key", sendAs(c, "a"), 200)
			mustBe(t, "second key", sendAs(c, "b"), want)
			mustBe(t, "first key again", sendAs(c, "a"), 429)
			l := s.Ledger()
			mustBe(t, "requests of a", l.ByKey[KeyName("a")].Requests, int64(2))
			stop()
		})
	}
}

func TestAModelMayHaveLimitsOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{Limits: Limits{RPM: 2}, ModelLimits: map[string]Limits{"big": {RPM: 1}}})
		ask := func(model string) reply {
			return direct(s, strings.Replace(chatBody("x", ""), `"m"`, `"`+model+`"`, 1))
		}
		big := ask("big")
		mustBe(t, "big", big.status, 200)
		mustBe(t, "big's limit", big.header.Get("x-ratelimit-limit-requests"), "1")
		mustBe(t, "big again", ask("big").status, 429)
		mustBe(t, "another", ask("m1").status, 200)
		mustBe(t, "a third, which shares with it", ask("m2").status, 200)
		mustBe(t, "another again", ask("m1").status, 429)
	})
}

func sendAs(c *http.Client, key string) int {
	req, _ := http.NewRequest("POST", "http://sim/v1/chat/completions", strings.NewReader(chatBody("x", "")))
	req.Header.Set("Authorization", "Bearer "+key)
	return do(c, req).status
}

// Where refused requests count, one who hammers is never let in again.
func TestCountRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{Limits: Limits{RPM: 10, Window: SlidingWindow, CountRefused: true}})
		allowed := 0
		for range 600 {
			if direct(s, chatBody("x", "")).status == 200 {
				allowed++
			}
			time.Sleep(time.Second)
		}
		mustBe(t, "allowed", allowed, 10)
		time.Sleep(time.Minute)
		mustBe(t, "after a minute of silence", direct(s, chatBody("x", "")).status, 200)
	})
}

func TestQuota(t *testing.T) {
	s := newServer(t, Config{Quota: 2})
	for i, want := range []int{200, 200, 429, 429} {
		r := direct(s, chatBody("x", ""))
		mustBe(t, fmt.Sprint("request ", i), r.status, want)
		if want == 429 {
			mustBe(t, "code", r.get("error.code").String(), "insufficient_quota")
		}
	}
}

func TestConcurrency(t *testing.T) {
	for _, test := range []struct {
		queue, served int
		took          time.Duration
	}{{0, 4, time.Second}, {2, 6, 2 * time.Second}, {-1, 10, 3 * time.Second}} {
		cfg := Config{Concurrency: 4, Queue: test.queue, TTFT: MustDurations("1s")}
		onNetwork(t, cfg, func(t *testing.T, s *Server, c *http.Client) {
			start, statuses := time.Now(), make(chan int)
			for i := range 10 {
				go func() { statuses <- send(c, chatBody(strconv.Itoa(i), "")).status }()
			}
			n := map[int]int{}
			for range 10 {
				n[<-statuses]++
			}
			mustBe(t, "served", n[200], test.served)
			mustBe(t, "refused", n[429], 10-test.served)
			mustBe(t, "time", time.Since(start), test.took)
			mustBe(t, "most queued", s.Ledger().MaxQueued, max(0, test.served-4))
		})
	}
}

func TestHeaderStyles(t *testing.T) {
	for _, test := range []struct {
		style    HeaderStyle
		retry    RetryAfter
		ok, over map[string]string
	}{
		{OpenAIHeaders, 0, map[string]string{
			"x-ratelimit-limit-requests": "2", "x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "30s",
			"x-ratelimit-limit-tokens": "6000", "x-ratelimit-reset-tokens": "50ms", "retry-after": ""},
			map[string]string{"retry-after": "30", "retry-after-ms": "30000", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m0s"}},
		{AzureHeaders, RetryAfterMillis, map[string]string{"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": ""},
			map[string]string{"retry-after": "", "retry-after-ms": "30000"}},
		{AnthropicHeaders, 0, map[string]string{"anthropic-ratelimit-requests-limit": "2", "anthropic-ratelimit-requests-remaining": "1",
			"anthropic-ratelimit-requests-reset": "2000-01-01T00:00:30Z", "x-ratelimit-limit-requests": ""},
			map[string]string{"retry-after": "30", "retry-after-ms": ""}},
		{MistralHeaders, 0, map[string]string{"x-ratelimit-limit-req-minute": "2", "x-ratelimit-remaining-req-minute": "1"},
			map[string]string{"retry-after": ""}},
		{NoHeaders, RetryAfterDate, map[string]string{"x-ratelimit-limit-requests": ""},
			map[string]string{"retry-after": "Sat, 01 Jan 2000 00:00:30 GMT"}},
	} {
		t.Run(test.style.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, Config{Limits: Limits{RPM: 2, TPM: 6000}, Headers: test.style, RetryAfter: test.retry})
				body := chatBody("x", "") // 5 tokens are reserved: 50 ms
				expect(t, direct(s, body), 200, test.ok)
				direct(s, body)
				expect(t, direct(s, body), 429, test.over)
			})
		})
	}
}

func expect(t *testing.T, r reply, status int, headers map[string]string) {
	t.Helper()
	mustBe(t, "status", r.status, status)
	for name, want := range headers {
		mustBe(t, name, r.header.Get(name), want)
	}
}
