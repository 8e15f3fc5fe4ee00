// Package serve is the server that clients are measured against: one thread
// with an epoll loop that parses the little it needs and writes answers made
// beforehand, so that it is not the bottleneck. It runs on Linux only, listens
// on loopback only, and knows these paths, each followed by anything:
//
//	POST /json      a chat completion of 600 bytes, at once
//	POST /burst     100 chunks of 250 bytes in one write
//	POST /paced     the same, one each 20 ms: 50 a second on each stream
//	POST /held      an endless stream: one chunk at once, one each 2.5 s
//	GET  /counters  what was answered so far, as JSON
//
// [HTTP2] is a server of net/http's beside it, for streams over HTTP/2, which no
// loop of our own speaks.
//
// All answers are the same for all clients.
package serve
