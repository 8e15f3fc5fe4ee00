// Package metrics holds `paceline run --metrics` against a real Prometheus, on
// loopback. `make e2e-metrics` runs it; its tests carry the build tag e2e.
//
// Prometheus is the one that PACELINE_PROMETHEUS names (a path), or that of PATH,
// or else Debian's package, which is unpacked into .e2e/prometheus and not
// installed: no service is started. Where none is to be had the tests are skipped.
package metrics
