package otel

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-1814a72b/paceline"
)

// An attempt is one request on its way.
type attempt struct {
	*provider
	ctx   context.Context
	span  trace.Span
	about []attribute.KeyValue // for metrics; the span has the model's whole name
	began time.Time
	first time.Time // zero: no content yet
	last  time.Time // of the last piece of content
	each  []metric.RecordOption
}

func (p *provider) begin(ctx context.Context, req *paceline.Request) *attempt {
	what, model := operation(req.Path), modelOf(req)
	a := &attempt{provider: p, began: time.Now()}
	name := what
	if model != "" {
		name += " " + model
	}
	a.ctx, a.span = p.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(a.began),
		trace.WithAttributes(append(p.server[:len(p.server):len(p.server)],
			semconv.GenAIOperationNameKey.String(what), semconv.GenAIRequestModel(model))...))
	a.about = append(p.server[:len(p.server):len(p.server)],
		semconv.GenAIOperationNameKey.String(what), semconv.GenAIRequestModel(p.models.label(model)))
	return a
}

// watch returns emit, and notes when content comes.
func (a *attempt) watch(emit func(paceline.Delta)) func(paceline.Delta) {
	if emit == nil {
		return nil
	}
	return func(d paceline.Delta) {
		if d.Kind.Progress() {
			a.progress(time.Now())
		}
		emit(d)
	}
}

func (a *attempt) progress(now time.Time) {
	if a.first.IsZero() {
		a.first = now
		a.each = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(a.about...))}
		a.instruments.firstChunk.Record(a.ctx, now.Sub(a.began).Seconds(), a.each...)
		a.span.AddEvent("first content", trace.WithTimestamp(now))
	} else {
		a.instruments.perChunk.Record(a.ctx, now.Sub(a.last).Seconds(), a.each...)
	}
	a.last = now
}

// end tells how the attempt ended.
func (a *attempt) end(resp *paceline.Response, err error, now time.Time) {
	about := a.about
	if err != nil {
		about = append(about, a.failed(err))
	} else {
		about = append(about, semconv.GenAIResponseModel(a.models.label(resp.Model)))
		a.answered(resp)
	}
	a.instruments.duration.Record(a.ctx, now.Sub(a.began).Seconds(), metric.WithAttributes(about...))
	if u := usageOf(resp, err); u.Known {
		a.used(u, about)
	}
	a.span.End(trace.WithTimestamp(now))
}

// answered puts onto the span what came. Sampling decides whether that is kept.
func (a *attempt) answered(resp *paceline.Response) {
	if !a.span.IsRecording() {
		return
	}
	reasons := make([]string, len(resp.Choices))
	for i := range resp.Choices {
		reasons[i] = resp.Choices[i].FinishReason
	}
	a.span.SetAttributes(semconv.GenAIResponseModel(resp.Model), semconv.GenAIResponseFinishReasons(reasons...))
	a.wire(resp.Status, resp.RequestID)
	if !a.first.IsZero() {
		a.span.SetAttributes(semconv.GenAIResponseTimeToFirstChunk(a.first.Sub(a.began).Seconds()))
	}
}

// requestID is the provider's name of the request: rows have it as request_id.
const requestID = attribute.Key("paceline.request_id")

// failed puts onto the span why nothing came, and returns the error's kind. What
// the server said stays out: it may repeat the prompt.
func (a *attempt) failed(err error) attribute.KeyValue {
	code := paceline.CodeOf(err)
	if cut := paceline.CutBy(a.ctx); cut != paceline.CodeUnknown && code == paceline.CodeCanceled {
		code = cut
	}
	kind := semconv.ErrorTypeKey.String(code.String())
	a.span.SetStatus(codes.Error, code.String())
	a.span.SetAttributes(kind)
	if e, ok := errors.AsType[*paceline.Error](err); ok {
		a.wire(e.Status, e.RequestID)
	}
	return kind
}

// wire puts onto the span what HTTP told.
func (a *attempt) wire(status int, id string) {
	if status != 0 {
		a.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	if id != "" {
		a.span.SetAttributes(requestID.String(id))
	}
}

func usageOf(resp *paceline.Response, err error) paceline.Usage {
	if e, ok := errors.AsType[*paceline.Error](err); ok {
		return e.Usage
	}
	if resp == nil {
		return paceline.Usage{}
	}
	return resp.Usage
}

func (a *attempt) used(u paceline.Usage, about []attribute.KeyValue) {
	a.instruments.tokens.Record(a.ctx, u.Prompt, metric.WithAttributes(append(about, semconv.GenAITokenTypeInput)...))
	a.instruments.tokens.Record(a.ctx, u.Completion, metric.WithAttributes(append(about, semconv.GenAITokenTypeOutput)...))
	a.span.SetAttributes(
		semconv.GenAIUsageInputTokens(int(u.Prompt)), semconv.GenAIUsageOutputTokens(int(u.Completion)),
		semconv.GenAIUsageCacheReadInputTokens(int(u.Cached)), semconv.GenAIUsageReasoningOutputTokens(int(u.Reasoning)),
	)
}
