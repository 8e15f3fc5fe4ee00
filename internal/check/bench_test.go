package check

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/bench/blog"
	"github.com/seed-1814a72b/paceline/internal/schema"
)

func blogRule(b *testing.B) JSON {
	s, err := schema.Compile("blog.json", []byte(blog.Schema), nil)
	if err != nil {
		b.Fatal(err)
	}
	return JSON{Schema: s, Repair: true}
}

func answer(text string) *paceline.Response {
	return &paceline.Response{Choices: []paceline.Choice{{Content: quoted(text), FinishReason: "stop"}}}
}

// BenchmarkAccept is what it takes to judge an answer of 50 KB.
func BenchmarkAccept(b *testing.B) {
	post := blog.Post(blog.Long)
	for name, text := range map[string]string{
		"valid":   post,
		"invalid": strings.ReplaceAll(post, `"weight":0.1}`, `"weight":7}`),
		"fenced":  "Here it is:\n```json\n" + post + "\n```\n",
		"mended":  strings.TrimSuffix(post, "}") + ",}",
	} {
		b.Run(name, func(b *testing.B) {
			check, resp := New(blogRule(b), false), answer(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if err := check.Accept(nil, resp); (err != nil) != (name == "invalid") {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFirstToken is how late the first tokens of other calls are seen, which
// come after 5 ms, while 64 calls at a time bring answers of 50 KB: unjudged,
// judged as they are, and judged without the gate.
func BenchmarkFirstToken(b *testing.B) {
	open := New(blogRule(b), false)
	open.gate = make(chan struct{}, 1000)
	for name, accept := range map[string]func(*paceline.Request, *paceline.Response) error{
		"unjudged": nil, "judged": New(blogRule(b), false).Accept, "ungated": open.Accept,
	} {
		b.Run(name, func(b *testing.B) { firstTokens(b, accept) })
	}
}

const tokenAfter = 5 * time.Millisecond

func firstTokens(b *testing.B, accept func(*paceline.Request, *paceline.Response) error) {
	post := blog.Post(blog.Long)
	provider := paceline.ProviderFunc(func(_ context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		time.Sleep(tokenAfter)
		emit(paceline.Delta{Kind: paceline.DeltaContent})
		if req.Model == "probe" {
			return &paceline.Response{Choices: []paceline.Choice{{Content: json.RawMessage(`"x"`)}}}, nil
		}
		return answer(post), nil
	})
	judge := accept
	if accept != nil {
		judge = func(req *paceline.Request, resp *paceline.Response) error {
			if req.Model == "probe" {
				return nil
			}
			return accept(req, resp)
		}
	}
	eng, err := paceline.New(provider, paceline.Config{
		Accept: judge, Hedge: paceline.Hedge{Budget: -1}, Limits: paceline.Limits{InFlight: 1000},
	})
	if err != nil {
		b.Fatal(err)
	}
	stop, bulk := bulkCalls(b, eng, 64)
	var late []time.Duration
	for b.Loop() {
		resp, err := eng.Do(b.Context(), &paceline.Request{Model: "probe"})
		if err != nil {
			b.Fatal(err)
		}
		late = append(late, resp.FirstToken-tokenAfter)
	}
	stop()
	_ = eng.Shutdown(context.Background())
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2].Microseconds()), "p50-late-us")
	b.ReportMetric(float64(late[len(late)*99/100].Microseconds()), "p99-late-us")
	b.ReportMetric(float64(*bulk)/b.Elapsed().Seconds(), "answers/s")
}

// bulkCalls keeps n calls going until stop is called, which sets how many ended.
func bulkCalls(b *testing.B, eng *paceline.Engine, n int) (stop func(), ended *int64) {
	ctx, cancel := context.WithCancel(b.Context())
	var mu sync.Mutex
	var wg sync.WaitGroup
	ended = new(int64)
	for range n {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := eng.Do(ctx, &paceline.Request{Model: "bulk"}); err != nil && ctx.Err() == nil {
					b.Error(err)
					return
				}
				mu.Lock()
				*ended++
				mu.Unlock()
			}
		})
	}
	return func() { cancel(); wg.Wait() }, ended
}
