package flow

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

func TestTokens(t *testing.T) {
	tb := table(t, titleTokens, "2,000,000 tokens a minute, prompts of 100-2,000 tokens, answers of lognormal length (median 200, σ 1.2) at 100 tokens a second, max_tokens absent; unstreamed, since a token limit sees an answer's end alone. "+
		"Used are the tokens of all calls that reached the server after the first 30 s, by its count, over what the limit allows in that time.")
	for _, w := range counts() {
		s := overSeeds(t, w.name, func(t *testing.T, seed uint64) figures { return measureTokens(t, seed, w.sim) })
		tb.Rows = append(tb.Rows,
			Row{w.name, "limit used", Percent, AtLeast(0.97), s["used"]},
			Row{w.name, "refused", Percent, AtMost(0.001), s["refused"]},
			Row{w.name, "calls", Count, None(), s["calls"]})
	}
}

func measureTokens(t *testing.T, seed uint64, w sim.Window) figures {
	const warm = 30 * time.Second
	perMinute := size(2_000_000.0, 200_000)
	until := size(10*time.Minute, time.Minute)
	r := trial{
		seed: seed, items: 1 << 40, until: until, whole: true,
		phases: one(sim.Config{
			Limits: sim.Limits{TPM: int(perMinute), Window: w}, Headers: sim.NoHeaders,
			TTFT: sim.MustDurations("uniform:0.5s,1.5s"), ITL: sim.MustDurations("10ms"), Tokens: sim.MustCounts("lognormal:200,1.2"),
		}),
		cfg: paceline.Config{
			Limits:    paceline.Limits{Tokens: paceline.Per(perMinute, time.Minute), InFlight: 1000},
			Deadlines: paceline.Deadlines{FirstToken: -1}, // long answers have no first token before their last
			Hedge:     paceline.Hedge{Budget: -1},
		},
		request: func(i int64, chance *rand.Rand) *paceline.Request {
			return question(i, 4*(100+chance.IntN(1900)))
		},
	}.run(t)
	used := 0
	for i := range r.arrivals {
		rec := &r.arrivals[i]
		if since := rec.At.Sub(r.began); since >= warm && rec.Status != http.StatusTooManyRequests {
			used += rec.PromptTokens + rec.CompletionTokens
		}
	}
	return figures{
		"used":    float64(used) / (perMinute * (until - warm).Minutes()),
		"refused": float64(r.refused) / float64(len(r.arrivals)),
		"calls":   float64(len(r.arrivals)),
	}
}
