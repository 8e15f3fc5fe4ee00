// Package paceline runs language-model API calls in bulk: as soon as the
// provider's limits permit, validated, with no call stuck and no row lost.
//
// An [Engine] is made from a [Provider] (which makes one attempt at one call)
// and a [Config]. [Engine.Do] makes one call, [Engine.Stream] hands out its
// pieces as they come, and [Engine.Run] takes a whole [Job]: a [Source] of
// items in, every item's [Result] out, exactly once.
//
// The flow goes one way:
//
//	source -> admission -> attempt -> verdict -> journal -> sink
//	             ^                       |
//	             +------- again ---------+
//
// Admission is the only place where a call waits. A provider never sleeps,
// queues or retries: it classifies what happened as an [*Error] with a closed
// [Code], and the engine's policy ([Error.Verdict]) decides what follows.
package paceline
