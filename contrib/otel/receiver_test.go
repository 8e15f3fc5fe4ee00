package otel

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// A receiver takes OTLP on loopback, over HTTP and over gRPC.
type receiver struct {
	collectortrace.UnimplementedTraceServiceServer

	mu      sync.Mutex
	traces  []*collectortrace.ExportTraceServiceRequest
	metrics []*collectormetrics.ExportMetricsServiceRequest
	tokens  []string // the x-token header of each export
}

func (r *receiver) took(token string, traces *collectortrace.ExportTraceServiceRequest, metrics *collectormetrics.ExportMetricsServiceRequest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens = append(r.tokens, token)
	if traces != nil {
		r.traces = append(r.traces, traces)
	}
	if metrics != nil {
		r.metrics = append(r.metrics, metrics)
	}
}

// overHTTP serves until the test ends and returns the base address.
func (r *receiver) overHTTP(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, req *http.Request) {
		var got collectortrace.ExportTraceServiceRequest
		r.decode(t, req, &got)
		r.took(req.Header.Get("x-token"), &got, nil)
	})
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, req *http.Request) {
		var got collectormetrics.ExportMetricsServiceRequest
		r.decode(t, req, &got)
		r.took(req.Header.Get("x-token"), nil, &got)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func (r *receiver) decode(t *testing.T, req *http.Request, into proto.Message) {
	body, err := io.ReadAll(req.Body)
	if err == nil {
		err = proto.Unmarshal(body, into)
	}
	if err != nil {
		t.Error(err)
	}
}

// overGRPC serves until the test ends and returns the base address.
func (r *receiver) overGRPC(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	collectortrace.RegisterTraceServiceServer(s, r)
	collectormetrics.RegisterMetricsServiceServer(s, metricsService{receiver: r})
	go s.Serve(l)
	t.Cleanup(s.Stop)
	return "http://" + l.Addr().String()
}

// Export takes spans over gRPC.
func (r *receiver) Export(ctx context.Context, got *collectortrace.ExportTraceServiceRequest) (*collectortrace.ExportTraceServiceResponse, error) {
	r.took(token(ctx), got, nil)
	return new(collectortrace.ExportTraceServiceResponse), nil
}

type metricsService struct {
	collectormetrics.UnimplementedMetricsServiceServer
	receiver *receiver
}

// Export takes metrics over gRPC.
func (s metricsService) Export(ctx context.Context, got *collectormetrics.ExportMetricsServiceRequest) (*collectormetrics.ExportMetricsServiceResponse, error) {
	s.receiver.took(token(ctx), nil, got)
	return new(collectormetrics.ExportMetricsServiceResponse), nil
}

func token(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	if all := md.Get("x-token"); len(all) > 0 {
		return all[0]
	}
	return ""
}

// spans returns how many spans came, and the attributes of what they are of.
func (r *receiver) spans() (n int, resource map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	resource = map[string]string{}
	for _, export := range r.traces {
		for _, of := range export.ResourceSpans {
			for _, kv := range of.Resource.Attributes {
				resource[kv.Key] = kv.Value.GetStringValue()
			}
			for _, scope := range of.ScopeSpans {
				n += len(scope.Spans)
			}
		}
	}
	return n, resource
}

// usage returns the last sums of gen_ai.client.token.usage, by type, and the
// number of requests that gen_ai.client.operation.duration has.
func (r *receiver) usage() (tokens map[string]float64, requests uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	tokens = map[string]float64{}
	if len(r.metrics) == 0 {
		return tokens, 0
	}
	for _, of := range r.metrics[len(r.metrics)-1].ResourceMetrics {
		for _, scope := range of.ScopeMetrics {
			for _, m := range scope.Metrics {
				for _, p := range m.GetHistogram().GetDataPoints() {
					switch m.Name {
					case "gen_ai.client.operation.duration":
						requests += p.Count
					case "gen_ai.client.token.usage":
						for _, kv := range p.Attributes {
							if kv.Key == "gen_ai.token.type" {
								tokens[kv.Value.GetStringValue()] += p.GetSum()
							}
						}
					}
				}
			}
		}
	}
	return tokens, requests
}
