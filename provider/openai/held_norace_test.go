//go:build !race

package openai

// mostHeld is how many bytes an open stream may take.
const mostHeld = 12 << 10
