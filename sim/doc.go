// Package sim is a simulated provider of language-model calls: an
// [http.Handler] that speaks OpenAI's wire format and misbehaves as real
// servers do, on request.
//
// It enforces rate limits by token bucket, fixed or sliding window, draws its
// latencies from distributions, hangs, stalls, fails and answers wrongly at
// given rates, and injects every fault of its list ([Faults]) by rate, by
// script or by a marker in the prompt:
//
//	[[sim:fault=cut]]          this item's answer is cut, always
//	[[sim:fault=500 times=2]]  its first two requests fail, the third succeeds
//
// Of a conversation that goes on, the message with the marker counts: an invalid
// answer can be asked for again with what was wrong with it.
//
// Answers depend on the seed and the request's body alone, not on the order of
// arrival: a streamed and an unstreamed call with the same body get the same
// answer. What happens to a request (its latency, its faults) depends on how
// often that same body has been seen as well, so that asking again can help.
//
// Everything that was seen stands in the ledger ([Server.Ledger], GET /stats).
//
// Time passes by timers only: made and used within a testing/synctest bubble,
// on a [Network], a simulated day takes seconds.
package sim
