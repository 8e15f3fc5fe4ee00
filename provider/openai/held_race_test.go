//go:build race

package openai

// How many bytes an open stream may take: its stack has no bound, since the race
// detector's frames are as large as it likes.
const (
	mostHeap  = 9 << 10
	mostStack = 1 << 30
)
