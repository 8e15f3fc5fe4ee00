package otel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-1814a72b/paceline"
)

// secret stands in prompts, answers and errors, and may be told to nobody.
const secret = "sk-canary-1234567890"

// acts does what the request's message says: three pieces a second apart, an
// error, or nothing.
func acts(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	switch {
	case strings.HasPrefix(req.Messages[0].Content, "fail"):
		return nil, &paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Message: secret, RequestID: "req-2", Remote: true}
	case strings.HasPrefix(req.Messages[0].Content, "hang"):
		<-ctx.Done()
		return nil, &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(ctx)}
	}
	for range 3 {
		time.Sleep(time.Second)
		emit(paceline.Delta{Kind: paceline.DeltaKeepAlive})
		emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: json.RawMessage(`"x"`)})
	}
	return &paceline.Response{
		Choices: []paceline.Choice{{Content: json.RawMessage(`"` + secret + `"`), FinishReason: "stop"}},
		Model:   "m-2026", RequestID: "req-1", Status: 200, Usage: paceline.Usage{Prompt: 10, Completion: 3, Cached: 4, Reasoning: 1, Known: true},
	}, nil
}

// told makes the calls in virtual time and returns what OpenTelemetry was told.
func told(t *testing.T, calls ...*paceline.Request) (spans []trace.ReadOnlySpan, metrics map[string]metricdata.Aggregation) {
	t.Helper()
	recorder, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
	synctest.Test(t, func(t *testing.T) {
		p := Wrap(paceline.ProviderFunc(acts), Options{
			BaseURL: "https://user:" + secret + "@api.groq.com/openai/v1",
			Tracer:  trace.NewTracerProvider(trace.WithSpanProcessor(recorder)),
			Meter:   metric.NewMeterProvider(metric.WithReader(reader)),
		})
		e, err := paceline.New(p, paceline.Config{Retry: paceline.Retry{Attempts: 1}, Deadlines: paceline.Deadlines{FirstToken: 5 * time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		for _, req := range calls {
			_, _ = e.Do(t.Context(), req)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	metrics = map[string]metricdata.Aggregation{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			metrics[m.Name+" "+m.Unit] = m.Data
		}
	}
	if text := fmt.Sprintf("%+v %+v", spans, all); strings.Contains(text, secret) {
		t.Errorf("a secret is told: %s", text)
	}
	return recorder.Ended(), metrics
}

func ask(text string) *paceline.Request {
	return &paceline.Request{Model: "m", Messages: paceline.User(text + " " + secret)}
}

// attributes returns a span's attributes as text.
func attributes(s trace.ReadOnlySpan) map[string]string {
	all := map[string]string{}
	for _, kv := range s.Attributes() {
		all[string(kv.Key)] = kv.Value.String()
	}
	return all
}

func TestASpanSaysWhatWasAskedAndWhatCame(t *testing.T) {
	spans, _ := told(t, ask("well"), ask("fail"), ask("hang"))
	if len(spans) != 3 {
		t.Fatalf("%d spans", len(spans))
	}
	for i, want := range []map[string]string{
		{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "groq", "gen_ai.request.model": "m", "gen_ai.response.model": "m-2026",
			"server.address": "api.groq.com", "server.port": "443", "gen_ai.response.finish_reasons": `["stop"]`, "http.response.status_code": "200",
			"gen_ai.usage.input_tokens": "10", "gen_ai.usage.output_tokens": "3", "gen_ai.usage.cache_read.input_tokens": "4",
			"gen_ai.usage.reasoning.output_tokens": "1", "gen_ai.response.time_to_first_chunk": "1", "paceline.request_id": "req-1",
		},
		{"error.type": "invalid_request", "http.response.status_code": "400", "paceline.request_id": "req-2", "gen_ai.request.model": "m"},
		{"error.type": "first_token_timeout", "gen_ai.operation.name": "chat"},
	} {
		got := attributes(spans[i])
		for name, value := range want {
			if got[name] != value {
				t.Errorf("span %d: %s is %q, want %q", i, name, got[name], value)
			}
		}
		if text := fmt.Sprint(got, spans[i].Events(), spans[i].Status()); strings.Contains(text, secret) {
			t.Errorf("span %d tells a secret: %s", i, text)
		}
	}
	if spans[0].Name() != "chat m" || spans[0].Status().Code != codes.Unset || spans[1].Status() != (trace.Status{Code: codes.Error, Description: "invalid_request"}) {
		t.Errorf("%s, %+v, %+v", spans[0].Name(), spans[0].Status(), spans[1].Status())
	}
	for i, want := range []time.Duration{3 * time.Second, 0, 5 * time.Second} {
		if took := spans[i].EndTime().Sub(spans[i].StartTime()); took != want {
			t.Errorf("span %d took %v, want %v", i, took, want)
		}
	}
}

func TestMetricsHaveTheNamesOfTheConventions(t *testing.T) {
	_, metrics := told(t, ask("well"), ask("well"), ask("fail"))
	duration := metrics["gen_ai.client.operation.duration s"].(metricdata.Histogram[float64])
	if len(duration.DataPoints) != 2 {
		t.Fatalf("%+v", duration.DataPoints)
	}
	for _, p := range duration.DataPoints {
		kind, failed := p.Attributes.Value("error.type")
		if failed && (kind.AsString() != "invalid_request" || p.Count != 1) || !failed && (p.Count != 2 || p.Sum != 6) {
			t.Errorf("%+v", p)
		}
		for _, name := range []attribute.Key{"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address", "server.port"} {
			if !p.Attributes.HasValue(name) {
				t.Errorf("%+v has no %s", p.Attributes.ToSlice(), name)
			}
		}
	}
	first := metrics["gen_ai.client.operation.time_to_first_chunk s"].(metricdata.Histogram[float64]).DataPoints
	if len(first) != 1 || first[0].Count != 2 || first[0].Sum != 2 {
		t.Errorf("first chunks: %+v", first)
	}
	each := metrics["gen_ai.client.operation.time_per_output_chunk s"].(metricdata.Histogram[float64]).DataPoints
	if len(each) != 1 || each[0].Count != 4 || each[0].Sum != 4 {
		t.Errorf("chunks: %+v", each)
	}
	used := map[string]int64{}
	for _, p := range metrics["gen_ai.client.token.usage {token}"].(metricdata.Histogram[int64]).DataPoints {
		kind, _ := p.Attributes.Value("gen_ai.token.type")
		used[kind.AsString()] += p.Sum
	}
	if len(used) != 2 || used["input"] != 20 || used["output"] != 6 {
		t.Errorf("tokens: %v", used)
	}
}

func TestModelsInMetricsAreBounded(t *testing.T) {
	var calls []*paceline.Request
	for i := range 100 {
		req := ask("fail")
		req.Model = fmt.Sprint("model-", i)
		calls = append(calls, req)
	}
	spans, metrics := told(t, calls...)
	points := metrics["gen_ai.client.operation.duration s"].(metricdata.Histogram[float64]).DataPoints
	others := uint64(0)
	for _, p := range points {
		if v, _ := p.Attributes.Value("gen_ai.request.model"); v.AsString() == "other" {
			others = p.Count
		}
	}
	if len(points) != maxModels+1 || others != 100-maxModels || attributes(spans[99])["gen_ai.request.model"] != "model-99" {
		t.Errorf("%d points, %d others", len(points), others)
	}
}

func TestServersAreNamed(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.openai.com/v1":             "openai api.openai.com 443",
		"http://127.0.0.1:8000/v1":              "openai 127.0.0.1 8000",
		"https://me.openai.azure.com/openai/v1": "azure.ai.openai me.openai.azure.com 443",
		"https://notx.ai/v1":                    "openai notx.ai 443",
		"https://api.x.ai/v1":                   "x_ai api.x.ai 443",
		"":                                      "openai",
	} {
		var got []string
		for _, kv := range server(base) {
			got = append(got, kv.Value.String())
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", base, text, want)
		}
	}
	for path, want := range map[string]string{"": "chat", "/chat/completions": "chat", "/embeddings": "embeddings", "/completions": "text_completion"} {
		if got := operation(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// able is a provider that can do everything.
type able struct{ paceline.ProviderFunc }

func (able) Validate() error                             { return errors.New("wrong") }
func (able) Ping(context.Context) (time.Duration, error) { return time.Second, nil }

func TestAWrappedProviderCanDoWhatItCould(t *testing.T) {
	p := Wrap(able{acts}, Options{})
	if pings, ok := p.(paceline.Pinger); !ok {
		t.Error("it cannot measure the network any more")
	} else if d, err := pings.Ping(t.Context()); d != time.Second || err != nil {
		t.Error(d, err)
	}
	if v, ok := p.(interface{ Validate() error }); !ok || v.Validate() == nil {
		t.Error("nobody asks it any more whether it is valid")
	}
	if _, ok := Wrap(paceline.ProviderFunc(acts), Options{}).(paceline.Pinger); ok {
		t.Error("it can measure the network all of a sudden")
	}
}

// What an attempt of 100 pieces costs beside its request.
func BenchmarkAttempt(b *testing.B) {
	quick := paceline.ProviderFunc(func(_ context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		for range 100 {
			emit(paceline.Delta{Kind: paceline.DeltaContent})
		}
		return &paceline.Response{Model: "m", Usage: paceline.Usage{Prompt: 1, Completion: 1, Known: true}}, nil
	})
	for name, sampler := range map[string]trace.Sampler{"sampled": trace.AlwaysSample(), "unsampled": trace.NeverSample()} {
		b.Run(name, func(b *testing.B) {
			p := Wrap(quick, Options{
				BaseURL: "http://127.0.0.1:8000/v1", Tracer: trace.NewTracerProvider(trace.WithSampler(sampler)),
				Meter: metric.NewMeterProvider(metric.WithReader(metric.NewManualReader())),
			})
			req := ask("well")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Attempt(b.Context(), req, func(paceline.Delta) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
