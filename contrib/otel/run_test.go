package otel

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/cli"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

// runs `paceline run --otel` over 40 items, and returns the summary, "" if there
// is none, and what was said.
func run(t *testing.T) (code int, summary, said string) {
	t.Helper()
	server, err := sim.New(sim.Config{Seed: 5, Errors: sim.Rates{{Fault: "500", Share: 0.1}}})
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(server)
	defer hs.Close()
	defer server.Close()
	dir := t.TempDir()
	input, report := filepath.Join(dir, "in.txt"), filepath.Join(dir, "s.json")
	if err := os.WriteFile(input, []byte(strings.Repeat("hello "+secret+"\n", 40)), 0o644); err != nil {
		t.Fatal(err)
	}
	env, stop := command.System()
	stop()
	var stderr bytes.Buffer
	env.Args = []string{
		"run", input, "-m", "m", "-p", "{{.text}}", "--base-url", hs.URL + "/v1", "--hedge", "off",
		"--param", "max_tokens=9", "--allow-truncated", "--otel", "--summary", report,
	}
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), &stderr, &stderr
	env.StdinTerminal, env.StdoutTerminal, env.StderrTerminal = false, false, false
	env.Telemetry = func(ctx context.Context, version string, warn func(error)) (command.Telemetry, error) {
		return Start(ctx, version, warn)
	}
	code = cli.Main(t.Context(), env)
	text, _ := os.ReadFile(report) // a run that did not begin has none
	return code, string(text), stderr.String()
}

func TestARunIsToldToACollector(t *testing.T) {
	for protocol, serve := range map[string]func(*receiver, *testing.T) string{
		"http/protobuf": (*receiver).overHTTP, "grpc": (*receiver).overGRPC,
	} {
		t.Run(protocol, func(t *testing.T) {
			r := new(receiver)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", serve(r, t))
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
			t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-token="+secret)
			t.Setenv("OTEL_SERVICE_NAME", "labels")
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team=reviews")
			code, summary, said := run(t)
			if code != command.ExitDone || strings.Contains(said, secret) || strings.Contains(said, "otel") {
				t.Errorf("exit %d\n%s", code, said)
			}
			requests := gjson.Get(summary, "requests").Int()
			n, resource := r.spans()
			tokens, counted := r.usage()
			if n != int(requests) || counted != uint64(requests) || requests <= 40 {
				t.Errorf("%d spans, %d in the metric, %d requests", n, counted, requests)
			}
			if tokens["input"] != gjson.Get(summary, "prompt_tokens").Float() || tokens["output"] != gjson.Get(summary, "completion_tokens").Float() {
				t.Errorf("tokens %v of %s", tokens, summary)
			}
			if resource["service.name"] != "labels" || resource["team"] != "reviews" {
				t.Errorf("of %v", resource)
			}
			checkExports(t, r)
		})
	}
}

// checkExports checks that the header goes along, and that no secret does.
func checkExports(t *testing.T, r *receiver) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, token := range r.tokens {
		if token != secret {
			t.Errorf("exported without the header: %q", token)
		}
	}
	var text strings.Builder
	for _, export := range r.traces {
		text.WriteString(export.String())
	}
	for _, export := range r.metrics {
		text.WriteString(export.String())
	}
	if strings.Contains(text.String(), secret) {
		t.Errorf("a secret is exported: %s", text.String())
	}
}

func TestSamplingLeavesMetricsWhole(t *testing.T) {
	r := new(receiver)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.overHTTP(t))
	t.Setenv("OTEL_TRACES_SAMPLER", "traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "0")
	_, summary, said := run(t)
	n, _ := r.spans()
	if _, counted := r.usage(); n != 0 || counted != gjson.Get(summary, "requests").Uint() {
		t.Errorf("%d spans, %d requests counted of %s\n%s", n, counted, summary, said)
	}
}

func TestSignalsCanBeLeftOut(t *testing.T) {
	r := new(receiver)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.overHTTP(t))
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	run(t)
	if n, _ := r.spans(); n <= 40 || len(r.metrics) > 0 {
		t.Errorf("%d spans, %d exports of metrics", n, len(r.metrics))
	}
	t.Setenv("OTEL_SDK_DISABLED", "true")
	before, _ := r.spans()
	if code, _, said := run(t); code != command.ExitDone {
		t.Errorf("exit %d: %s", code, said)
	}
	if after, _ := r.spans(); after != before {
		t.Errorf("told %d spans although disabled", after-before)
	}
}

func TestACollectorThatIsAwayStopsNothing(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:"+secret+"@127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
	code, summary, said := run(t)
	if code != command.ExitDone || gjson.Get(summary, "done").Int() != 40 {
		t.Errorf("exit %d, %s\n%s", code, summary, said)
	}
	if n := strings.Count(said, "--otel: "); n == 0 || n > 6 || strings.Contains(said, secret) {
		t.Errorf("said %d times:\n%s", n, said)
	}
}

func TestWhatIsNotToBeHadStopsTheRunBeforeAnythingIsSent(t *testing.T) {
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_TRACES_EXPORTER": "zipkin", "OTEL_RESOURCE_ATTRIBUTES": "nonsense",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			code, summary, said := run(t)
			if code != command.ExitUsage || summary != "" || strings.Count(said, "\n") != 1 || !strings.Contains(said, "paceline: --otel: "+name) {
				t.Errorf("exit %d, %q", code, said)
			}
		})
	}
}
