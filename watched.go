package paceline

import "context"

// watchedKey is under which a context says whether the pieces of an answer are
// looked at.
type watchedKey struct{}

// Watched reports whether somebody looks at the pieces of an answer while they
// come. It is for providers: of an attempt that they are given another ctx for,
// nothing but its first content and its end matters to the moment, and of the
// rest, that it goes on; so they may read it at intervals of 100 ms or so, and
// report one of the pieces that came together for all of them.
//
// It is true for a [Stream], for an attempt whose [Deadlines].Stall is shorter than a
// second, and for a ctx that is none of the engine's.
func Watched(ctx context.Context) bool {
	watched, known := ctx.Value(watchedKey{}).(bool)
	return watched || !known
}

// Watch returns a ctx that is [Watched]. It is for who wraps a provider and wants
// to be told of every piece, as it comes.
func Watch(ctx context.Context) context.Context {
	return context.WithValue(ctx, watchedKey{}, true)
}
