// Package otel tells OpenTelemetry of the requests of a Paceline engine: a span
// and the metrics of the semantic conventions for generative AI (1.41) for each
// request that is sent. It is a module of its own, so that neither the library nor
// the ordinary program depends on OpenTelemetry's SDK.
//
//	provider := otel.Wrap(openai.Provider{Key: key, BaseURL: url}, otel.Options{BaseURL: url})
//	engine, err := paceline.New(provider, paceline.Config{})
//
// contrib/otel/cmd/paceline is the command line with --otel, set up by the
// standard OTEL_* variables.
//
// Prompts, answers, keys and headers are in no span and no metric.
package otel
