package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// stranger marks the requests of another client of the same key.
const stranger = "another client"

func TestShared(t *testing.T) {
	tb := table(t, titleShared, "No limit is given; OpenAI's headers tell it, and what is left of it, while something that the headers alone show takes part of it. "+
		"Used is what was let in after the first two minutes over what was there for us; refused is the share of our requests, of the others' it is that of theirs. Calls take 1-2 s to the first token and 0.5 s of generation.")
	for _, w := range buckets() {
		name := "another client takes a third of 300 a minute, " + w.name
		s := overSeeds(t, name, func(t *testing.T, seed uint64) figures { return measureShared(t, seed, w) })
		tb.Rows = append(tb.Rows,
			Row{name, "limit used", Percent, AtLeast(0.9), s["used"]},
			Row{name, "refused", Percent, AtMost(0.02), s["refused"]},
			Row{name, "refused of the others'", Percent, None(), s["others"]})
	}
	for _, w := range counts() {
		name := "max_tokens stay reserved, " + w.name
		s := overSeeds(t, name, func(t *testing.T, seed uint64) figures { return measureReserved(t, seed, w.sim) })
		tb.Rows = append(tb.Rows,
			Row{name, "limit used", Percent, AtLeast(0.9), s["used"]},
			Row{name, "refused", Percent, AtMost(0.02), s["refused"]})
	}
}

// slowAnswers are calls of some two seconds at a provider that tells its limits.
func slowAnswers(l sim.Limits) sim.Config {
	return sim.Config{
		Limits: l, Headers: sim.OpenAIHeaders,
		TTFT: sim.MustDurations("uniform:1s,2s"), ITL: sim.MustDurations("100ms"), Tokens: sim.MustCounts("6"),
	}
}

func measureShared(t *testing.T, seed uint64, w bucket) figures {
	const rpm = 300
	from, until := size(2*time.Minute, time.Minute), size(10*time.Minute, 2*time.Minute)
	r := trial{
		seed: seed, items: 1 << 40, until: until, beside: time.Minute / (rpm / 3),
		phases: one(slowAnswers(sim.Limits{RPM: rpm, Window: w.sim, Burst: w.burst * rpm / 60})),
	}.run(t)
	let := 0
	for i := range r.arrivals {
		rec := &r.arrivals[i]
		if rec.Status != http.StatusTooManyRequests && rec.At.Sub(r.began) >= from {
			let++
		}
	}
	return figures{
		"used":    float64(let) / (rpm * 2 / 3 * (until - from).Minutes()),
		"refused": refusedOf(r.arrivals),
		"others":  refusedOf(r.others),
	}
}

// refusedOf returns the share of the requests that were refused.
func refusedOf(all []sim.Record) float64 {
	refused := 0
	for i := range all {
		if all[i].Status == http.StatusTooManyRequests {
			refused++
		}
	}
	return float64(refused) / float64(len(all))
}

func measureReserved(t *testing.T, seed uint64, w sim.Window) figures {
	const tpm, most = 60_000, 1000
	from, until := size(2*time.Minute, time.Minute), size(10*time.Minute, 2*time.Minute)
	r := trial{
		seed: seed, items: 1 << 40, until: until,
		phases: one(slowAnswers(sim.Limits{TPM: tpm, Window: w, KeepEstimate: true})),
		request: func(i int64, _ *rand.Rand) *paceline.Request {
			q := question(i, 0)
			q.Body = json.RawMessage(`{"max_tokens":` + strconv.Itoa(most) + `}`)
			return q
		},
	}.run(t)
	used := 0
	for i := range r.arrivals {
		rec := &r.arrivals[i]
		if rec.Status != http.StatusTooManyRequests && rec.At.Sub(r.began) >= from {
			used += rec.PromptTokens + most
		}
	}
	return figures{
		"used":    float64(used) / (tpm * (until - from).Minutes()),
		"refused": refusedOf(r.arrivals),
	}
}

// others has another client send a request every so often, until it is stopped.
func others(client *http.Client, every time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for tick := time.NewTicker(every); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				all.Go(func() { ask(ctx, client) })
			}
		}
	})
	return func() {
		cancel()
		all.Wait()
	}
}

// ask makes one call and reads its answer.
func ask(ctx context.Context, client *http.Client) {
	body := []byte(`{"model":"m","messages":[{"role":"user","content":"` + stranger + `"}]}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sim/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return
	}
	if res, err := client.Do(req); err == nil {
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
}
