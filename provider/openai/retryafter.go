package openai

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// maxRetryAfter is the longest wait that is believed: daily quotas ask for
// hours, anything above a day is a mistake.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads how long a server asks to wait: retry-after-ms (Azure,
// OpenAI), else retry-after as seconds, whole or not, as an HTTP date by the
// server's own clock, or as a duration such as 20ms. What cannot be read, is
// negative or past gives 0; longer than a day gives a day.
func retryAfter(h http.Header) time.Duration {
	if d, ok := longest(h.Values("Retry-After-Ms"), milliseconds); ok {
		return d
	}
	d, _ := longest(h.Values("Retry-After"), func(s string) (time.Duration, bool) { return delay(s, h) })
	return d
}

// longest returns the longest positive one of several values of a header.
func longest(vals []string, parse func(string) (time.Duration, bool)) (time.Duration, bool) {
	var best time.Duration
	for _, v := range vals {
		if d, ok := parse(strings.TrimSpace(v)); ok {
			best = max(best, d)
		}
	}
	return best, best > 0
}

func milliseconds(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return clampSeconds(f / 1000), err == nil
}

func delay(s string, h http.Header) (time.Duration, bool) {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return clampSeconds(f), true
	}
	if at, err := http.ParseTime(s); err == nil {
		now, err := http.ParseTime(h.Get("Date"))
		if err != nil {
			now = time.Now()
		}
		return clampSeconds(at.Sub(now).Seconds()), true
	}
	d, err := time.ParseDuration(s)
	return clampSeconds(d.Seconds()), err == nil
}

// clampSeconds turns seconds into a duration between 0 and a day; NaN is 0.
func clampSeconds(s float64) time.Duration {
	if !(s > 0) {
		return 0
	}
	if s >= maxRetryAfter.Seconds() {
		return maxRetryAfter
	}
	return time.Duration(s * float64(time.Second))
}

// googleDuration reads a protobuf duration: "46s" or {"seconds":46,"nanos":0}.
func googleDuration(raw []byte) time.Duration {
	if s := rawjson.Str(raw); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0
		}
		return clampSeconds(d.Seconds())
	}
	secs, _ := strconv.ParseFloat(strings.Trim(string(rawjson.Get(raw, "seconds")), `"`), 64)
	nanos, _ := strconv.ParseFloat(string(rawjson.Get(raw, "nanos")), 64)
	return clampSeconds(secs + nanos/1e9)
}

// hint reads the server's explicit word on retrying.
func hint(h http.Header) paceline.Hint {
	switch strings.ToLower(strings.TrimSpace(h.Get("X-Should-Retry"))) {
	case "true":
		return paceline.HintRetry
	case "false":
		return paceline.HintStop
	}
	return paceline.HintNone
}
