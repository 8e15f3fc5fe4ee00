package openai

import (
	"fmt"
	"strconv"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
)

// beyondLimit makes a refusal the item's own where its words say that this one
// request is more than the limit ever lets in: no wait helps. OpenAI and Groq answer
// so by a 429 or 413 with the code of a rate limit: "Request too large for gpt-4o in
// organization org-x on tokens per min (TPM): Limit 30000, Requested 45000." Where
// the numbers say that it would fit, it is a rate limit, whatever the words.
func beyondLimit(e *paceline.Error) {
	if e.Code != paceline.CodeThrottled {
		return
	}
	limit, limited := numberAfter(e.Message, "limit")
	requested, known := numberAfter(e.Message, "requested")
	switch {
	case limited && known && requested <= limit:
		return
	case limited && known:
		e.Message = fmt.Sprintf("this request alone exceeds the limit, %d of %d allowed: %s", requested, limit, e.Message)
	case !contains(e.Message, "request too large", "request is too large"):
		return
	}
	e.Code, e.RetryAfter, e.Hint = paceline.CodeTooLarge, 0, paceline.HintNone
}

// numberAfter returns the whole number that follows the first such word that one
// follows, behind blanks, a colon or an equals sign; its digits may be in groups.
func numberAfter(message, word string) (n int64, ok bool) {
	rest := strings.ToLower(message)
	for {
		_, after, found := strings.Cut(rest, word)
		if !found {
			return 0, false
		}
		rest = after
		if n, err := strconv.ParseInt(digits(strings.TrimLeft(rest, " :=")), 10, 64); err == nil {
			return n, true
		}
	}
}

// digits returns the digits at the beginning of text, without commas between them.
func digits(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			b.WriteByte(c)
		case c != ',' || i+1 == len(text) || text[i+1] < '0' || text[i+1] > '9':
			return b.String()
		}
	}
	return b.String()
}
