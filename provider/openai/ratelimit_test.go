package openai

import (
	"net/http"
	"testing"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
)

func TestRateLimitsOfEachProvider(t *testing.T) {
	for _, c := range []struct {
		name   string
		header map[string]string
		want   paceline.RateLimits
	}{
		{"OpenAI", map[string]string{
			"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s",
			"x-ratelimit-limit-tokens": "150000", "x-ratelimit-remaining-tokens": "149984", "x-ratelimit-reset-tokens": "6m0s",
		}, paceline.RateLimits{
			Requests: paceline.Allowance{Limit: 60, Left: 59, Reset: time.Second},
			Tokens:   paceline.Allowance{Limit: 150000, Left: 149984, Reset: 6 * time.Minute},
		}},
		{"Groq", map[string]string{
			"x-ratelimit-limit-requests": "14400", "x-ratelimit-remaining-requests": "14370", "x-ratelimit-reset-requests": "2m59.56s",
		}, paceline.RateLimits{
			Requests: paceline.Allowance{Limit: 14400, Left: 14370, Reset: 179560 * time.Millisecond},
		}},
		{"Anthropic", map[string]string{
			"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49", "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:01Z",
			"anthropic-ratelimit-input-tokens-limit": "40000", "anthropic-ratelimit-input-tokens-remaining": "39000",
			"anthropic-ratelimit-output-tokens-limit": "8000", "anthropic-ratelimit-output-tokens-remaining": "8000",
		}, paceline.RateLimits{
			Requests:     paceline.Allowance{Limit: 50, Window: time.Minute, Left: 49},
			InputTokens:  paceline.Allowance{Limit: 40000, Window: time.Minute, Left: 39000},
			OutputTokens: paceline.Allowance{Limit: 8000, Window: time.Minute, Left: 8000},
		}},
		{"Mistral", map[string]string{
			"x-ratelimit-limit-req-minute": "30", "x-ratelimit-remaining-req-minute": "12",
			"x-ratelimit-limit-tokens-minute": "500000", "x-ratelimit-remaining-tokens-minute": "1000",
		}, paceline.RateLimits{
			Requests: paceline.Allowance{Limit: 30, Window: time.Minute, Left: 12},
			Tokens:   paceline.Allowance{Limit: 500000, Window: time.Minute, Left: 1000},
		}},
		{"Together", map[string]string{
			"x-ratelimit-limit": "10", "x-ratelimit-remaining": "9", "x-tokenlimit-limit": "3000", "x-tokenlimit-remaining": "2900",
		}, paceline.RateLimits{
			Requests: paceline.Allowance{Limit: 10, Window: time.Second, Left: 9},
			Tokens:   paceline.Allowance{Limit: 3000, Window: time.Second, Left: 2900},
		}},
		{"what is left makes no sense", map[string]string{
			"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "-1", "x-ratelimit-reset-requests": "soon",
		}, paceline.RateLimits{Requests: paceline.Allowance{Limit: 60, Left: 60}}},
		{"Azure's unknown", map[string]string{
			"x-ratelimit-limit-requests": "-1", "x-ratelimit-remaining-requests": "-1", "x-ratelimit-limit-tokens": "0",
		}, paceline.RateLimits{}},
		{"nonsense", map[string]string{
			"x-ratelimit-limit-requests": "many", "x-ratelimit-limit-tokens": "1e999",
		}, paceline.RateLimits{}},
	} {
		h := http.Header{}
		for k, v := range c.header {
			h.Set(k, v)
		}
		got := rateLimits(h)
		switch {
		case c.want == paceline.RateLimits{}:
			if got != nil {
				t.Errorf("%s: %+v, want nothing", c.name, *got)
			}
		case got == nil || *got != c.want:
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func FuzzRateLimits(f *testing.F) {
	f.Add("60", "59", "1s")
	f.Add("1e308", "-5", "-1h")
	f.Add("", "NaN", "99999999h")
	f.Fuzz(func(t *testing.T, limit, left, reset string) {
		h := http.Header{"X-Ratelimit-Limit-Requests": {limit}, "X-Ratelimit-Remaining-Requests": {left}, "X-Ratelimit-Reset-Requests": {reset}}
		if r := rateLimits(h); r != nil {
			a := r.Requests
			if !(a.Limit > 0) || a.Reset < 0 || a.Left < 0 || a.Left > a.Limit {
				t.Errorf("%q %q %q: %+v", limit, left, reset, a)
			}
		}
	})
}
