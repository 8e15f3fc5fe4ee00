//go:build !race

package openai

// How many bytes an open stream may take: a stack of 4 KiB, the next being 8, with
// what the runtime has set aside.
const (
	mostHeap  = 7 << 10
	mostStack = 5 << 10
)
