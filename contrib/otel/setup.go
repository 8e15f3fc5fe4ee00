package otel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/seed-1814a72b/paceline"
)

// Telemetry exports spans and metrics by OTLP, as the standard variables say:
// OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL (http/protobuf or grpc), _HEADERS and
// their forms for each signal, OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER
// (otlp or none), OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
// OTEL_METRIC_EXPORT_INTERVAL, OTEL_SDK_DISABLED and what else the SDK reads. It is
// safe for concurrent use.
type Telemetry struct {
	traces  *trace.TracerProvider
	metrics *metric.MeterProvider
}

// Start sets up the export. What the exporters fail at later is told to warn, each
// thing once; nothing waits for them. version is the program's.
func Start(ctx context.Context, version string, warn func(error)) (*Telemetry, error) {
	what, err := resource.New(ctx, // what comes later goes before
		resource.WithAttributes(semconv.ServiceName("paceline"), semconv.ServiceVersion(version)),
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(&handler{warn: warn, said: map[string]bool{}})
	t := &Telemetry{traces: trace.NewTracerProvider(trace.WithSampler(trace.NeverSample())), metrics: metric.NewMeterProvider()}
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return t, nil
	}
	return t, errors.Join(t.startTraces(ctx, what), t.startMetrics(ctx, what))
}

func (t *Telemetry) startTraces(ctx context.Context, what *resource.Resource) error {
	protocol, err := wanted("TRACES")
	if err != nil || protocol == "" {
		return err
	}
	var exporter trace.SpanExporter
	if protocol == "grpc" {
		exporter, err = otlptracegrpc.New(ctx)
	} else {
		exporter, err = otlptracehttp.New(ctx)
	}
	if err != nil {
		return redacted(err)
	}
	t.traces = trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(what))
	return nil
}

func (t *Telemetry) startMetrics(ctx context.Context, what *resource.Resource) error {
	protocol, err := wanted("METRICS")
	if err != nil || protocol == "" {
		return err
	}
	var exporter metric.Exporter
	if protocol == "grpc" {
		exporter, err = otlpmetricgrpc.New(ctx)
	} else {
		exporter, err = otlpmetrichttp.New(ctx)
	}
	if err != nil {
		return redacted(err)
	}
	t.metrics = metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exporter)), metric.WithResource(what))
	return nil
}

// wanted returns the protocol by which a signal is exported, "" for not at all.
func wanted(signal string) (protocol string, err error) {
	name := "OTEL_" + signal + "_EXPORTER"
	switch to := os.Getenv(name); to {
	case "none":
		return "", nil
	case "", "otlp":
	default:
		return "", fmt.Errorf("%s: %q is not to be had; otlp and none are", name, to)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_" + signal + "_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		switch protocol := os.Getenv(name); protocol {
		case "":
		case "grpc", "http/protobuf":
			return protocol, nil
		default:
			return "", fmt.Errorf("%s: %q is not to be had; http/protobuf and grpc are", name, protocol)
		}
	}
	return "http/protobuf", nil
}

// Wrap returns p, and tells of its attempts. baseURL is the endpoint's.
func (t *Telemetry) Wrap(p paceline.Provider, baseURL string) paceline.Provider {
	return Wrap(p, Options{BaseURL: baseURL, Tracer: t.traces, Meter: t.metrics})
}

// Shutdown exports what has not been exported yet. After ctx it gives up. It may
// be called once.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	return redacted(errors.Join(t.traces.Shutdown(ctx), t.metrics.Shutdown(ctx)))
}

// handler passes on what the SDK complains of, each complaint once and five at
// most: a collector that is away has many ways to say so.
type handler struct {
	warn func(error)

	mu   sync.Mutex
	said map[string]bool
}

// Handle is called by the SDK, concurrently.
func (h *handler) Handle(err error) {
	err = redacted(err)
	h.mu.Lock()
	fresh := !h.said[err.Error()] && len(h.said) < 5
	if fresh {
		h.said[err.Error()] = true
	}
	h.mu.Unlock()
	if fresh {
		h.warn(err)
	}
}

// credentials are those that an address may hold.
var credentials = regexp.MustCompile(`://[^/\s@"]*@`)

// redacted returns err without credentials in addresses; nil for nil.
func redacted(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(credentials.ReplaceAllString(err.Error(), "://***@"))
}
