package otel

import (
	"errors"

	"go.opentelemetry.io/otel/metric"
)

// instruments are the metrics of the semantic conventions, with the buckets that
// these advise.
type instruments struct {
	duration, firstChunk, perChunk metric.Float64Histogram
	tokens                         metric.Int64Histogram
}

func newInstruments(m metric.Meter) (in instruments, err error) {
	seconds := func(name, what string, buckets ...float64) metric.Float64Histogram {
		h, e := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(what), metric.WithExplicitBucketBoundaries(buckets...))
		err = errors.Join(err, e)
		return h
	}
	in.duration = seconds("gen_ai.client.operation.duration", "How long a request took.",
		.01, .02, .04, .08, .16, .32, .64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
	in.firstChunk = seconds("gen_ai.client.operation.time_to_first_chunk", "Time to the first content of a streamed answer.",
		.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10)
	in.perChunk = seconds("gen_ai.client.operation.time_per_output_chunk", "Time between two pieces of a streamed answer.",
		.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5)
	tokens, e := m.Int64Histogram("gen_ai.client.token.usage", metric.WithUnit("{token}"),
		metric.WithDescription("Tokens of a request, as the server told."),
		metric.WithExplicitBucketBoundaries(1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864))
	in.tokens = tokens
	return in, errors.Join(err, e)
}
