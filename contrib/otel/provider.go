package otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-1814a72b/paceline"
)

// scope names what spans and metrics come from.
const scope = "github.com/seed-1814a72b/paceline/contrib/otel"

// Options say what an endpoint is, and whom to tell.
type Options struct {
	BaseURL string               // of the endpoint: for the provider's name, server.address and server.port
	Tracer  trace.TracerProvider // nil: the global one
	Meter   metric.MeterProvider // nil: the global one
}

// Wrap returns p, and tells OpenTelemetry of each of its attempts: by a span,
// whose parent is that of the call's context, and by metrics. What p can do
// besides ([paceline.Pinger], Validate) the returned provider can, too.
func Wrap(p paceline.Provider, o Options) paceline.Provider {
	if o.Tracer == nil {
		o.Tracer = otel.GetTracerProvider()
	}
	if o.Meter == nil {
		o.Meter = otel.GetMeterProvider()
	}
	in, err := newInstruments(o.Meter.Meter(scope))
	if err != nil {
		otel.Handle(err) // what could be made works all the same
	}
	w := &provider{Provider: p, tracer: o.Tracer.Tracer(scope), instruments: in, server: server(o.BaseURL)}
	if pings, ok := p.(paceline.Pinger); ok {
		return pinger{w, pings}
	}
	return w
}

// provider tells of its Provider's attempts.
type provider struct {
	paceline.Provider
	tracer      trace.Tracer
	instruments instruments
	server      []attribute.KeyValue
	models      models
}

// pinger is a provider that can measure the network.
type pinger struct {
	*provider
	paceline.Pinger
}

// Validate returns what the provider itself finds wrong.
func (p *provider) Validate() error {
	if v, ok := p.Provider.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// Attempt makes the provider's attempt.
func (p *provider) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	a := p.begin(ctx, req)
	resp, err := p.Provider.Attempt(paceline.Watch(a.ctx), req, a.watch(emit)) // it tells of each chunk
	a.end(resp, err, time.Now())
	return resp, err
}
