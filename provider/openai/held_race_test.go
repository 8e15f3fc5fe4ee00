//go:build race

package openai

// mostHeld is how many bytes an open stream may take: the frames of the race detector
// are larger.
const mostHeld = 18 << 10
