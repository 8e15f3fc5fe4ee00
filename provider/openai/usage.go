package openai

import (
	"strconv"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// readUsage reads a usage object under the names of chat completions or of
// the Responses API. Counts that are missing, negative, not whole or beyond
// 2^53 make it unknown as a whole: half a bill is none. The output may be
// missing only where the total equals the input (embeddings).
func readUsage(raw []byte) paceline.Usage {
	var u paceline.Usage
	var total int64
	var prompt, completion, all bool
	for c := rawjson.Object(raw); c.Next(); {
		val := c.Value()
		switch string(c.Key()) {
		case "prompt_tokens", "input_tokens":
			u.Prompt, prompt = count(val)
		case "completion_tokens", "output_tokens":
			u.Completion, completion = count(val)
		case "total_tokens":
			total, all = count(val)
		case "prompt_tokens_details", "input_tokens_details":
			u.Cached = detail(val, "cached_tokens", u.Cached)
		case "prompt_cache_hit_tokens": // DeepSeek
			if u.Cached == 0 {
				u.Cached, _ = count(val)
			}
		case "completion_tokens_details", "output_tokens_details":
			u.Reasoning = detail(val, "reasoning_tokens", u.Reasoning)
		}
	}
	if !completion && rawjson.Null(rawjson.Get(raw, "completion_tokens")) {
		completion = all && total == u.Prompt
	}
	if !prompt || !completion {
		return paceline.Usage{}
	}
	u.Cached, u.Reasoning = min(u.Cached, u.Prompt), min(u.Reasoning, u.Completion)
	u.Known = true
	return u
}

func detail(raw []byte, name string, old int64) int64 {
	if n, ok := count(rawjson.Get(raw, name)); ok {
		return n
	}
	return old
}

// count reads a number of tokens.
func count(raw []byte) (int64, bool) {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, n >= 0 && n <= 1<<53
	}
	f, err := strconv.ParseFloat(string(raw), 64) // 12.0 and 1.2e1 are whole too
	if err != nil || !(f >= 0 && f <= 1<<53) || f != float64(int64(f)) {
		return 0, false
	}
	return int64(f), true
}
