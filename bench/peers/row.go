package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/bench/page"
	"github.com/seed-1814a72b/paceline/bench/peers/serve"
)

// A row is one kind of measurement, a table of the page.
type row struct {
	name, title, text string
	path              string // of the server, before /v1
	http2             bool   // over TLS and HTTP/2, where clients reach many streams
	mode              string // of the clients: json, stream or bulk
	concurrency       int
	want              int // bytes of text that each answer has
	items             int // of the input, for clients that have one
	rounds            int
	warm, window      time.Duration // at least; cycles as well
	cycles            int           // calls within a window, as a multiple of concurrency, at least
	patience          time.Duration // a measurement that took longer is not repeated
	measure           func(*bench, *row, *peer) (figure, error)
	without           []string // peers that cannot do it
	cost              column   // what the peers are compared by
	rate              column   // the other figure; without a name there is none
	goals             []goal
	most              float64 // what the cost of `paceline run` ought not to exceed; 0: nothing is said
}

// A column is a figure with its name and how it is written.
type column struct {
	name string
	of   func(figure) float64
}

// A goal is what a peer's figure ought to be as a multiple of that of
// `paceline run`.
type goal struct {
	peer  string
	least float64
	then  string // what is wanted next, in words
}

// A figure is what one measurement gave.
type figure struct {
	perSecond float64       // calls or chunks
	cpu       time.Duration // of the client, for each
	memory    float64       // bytes for each open stream, or of the process
	took      time.Duration // of the whole process
	total     time.Duration // its processor time
	server    float64       // share of a core that the server used
	reached   int           // streams that were open
}

var (
	callRate  = column{"calls/s", func(f figure) float64 { return f.perSecond }}
	chunkRate = column{"chunks/s", func(f figure) float64 { return f.perSecond }}
	callCost  = column{"client µs a call", func(f figure) float64 { return micros(f.cpu) }}
	chunkCost = column{"client µs a chunk", func(f figure) float64 { return micros(f.cpu) }}
	openCost  = column{"KiB a stream", func(f figure) float64 { return f.memory / 1024 }}
	wholeSize = column{"MB resident", func(f figure) float64 { return f.memory / 1e6 }}
	openCount = column{"streams open", func(f figure) float64 { return float64(f.reached) }}
	wholeTime = column{"seconds", func(f figure) float64 { return f.took.Seconds() }}
	wholeCPU  = column{"client CPU, s", func(f figure) float64 { return f.total.Seconds() }}
)

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// rowsOf returns the rows in the order of the page.
func rowsOf(quick bool) []*row {
	rows := []*row{jsonRow(64), jsonRow(1000), burstRow(), pacedRow(), heldRow(), heldHTTP2Row(), bulkRow()}
	if quick {
		for _, r := range rows {
			r.hasten()
		}
	}
	return rows
}

// hasten makes the measurement a small one.
func (r *row) hasten() {
	r.rounds, r.warm, r.window, r.cycles = 1, r.warm/5, min(r.window, time.Second), 1
	r.without = append(r.without, "net/http+json", "httpx", "litellm") // what others show, and the slowest
	if r.name != "json-64" {
		r.without = append(r.without, "openai-python", "openai-node") // once is enough of them
	}
	switch r.mode {
	case "stream":
		r.concurrency = min(r.concurrency, max(300, r.concurrency/10))
	case "bulk":
		r.items, r.window = r.items/20, time.Minute
	}
	r.text = fmt.Sprintf("**In haste: %s at once, 1 round; what is said here is of the whole form.** ", page.Grouped(float64(r.concurrency))) + r.text
}

func jsonRow(concurrency int) *row {
	return &row{
		name: fmt.Sprintf("json-%d", concurrency), title: fmt.Sprintf("A JSON call, %s at once", page.Grouped(float64(concurrency))),
		text: "An unstreamed chat completion of 600 bytes, answered at once.",
		path: "json", mode: "json", concurrency: concurrency, want: len(serve.Content), items: 600_000,
		rounds: 5, warm: 1500 * time.Millisecond, window: 3 * time.Second, cycles: 8, patience: 40 * time.Second,
		measure: steady, cost: callCost, rate: callRate,
		goals: []goal{{"openai-go", 3.5, "8"}, {"httpx", 25, ""}, {"wrk", 0.4, ""}},
	}
}

func burstRow() *row {
	return &row{
		name: "burst", title: "A chunk when 100 come in one write",
		text: "Streamed chat completions of 100 chunks of 250 bytes, the whole answer in one write, 64 at once.",
		path: "burst", mode: "stream", concurrency: 64, want: len(serve.StreamContent), items: 100_000,
		rounds: 5, warm: 1500 * time.Millisecond, window: 3 * time.Second, cycles: 8, patience: 40 * time.Second,
		measure: steadyChunks, cost: chunkCost, rate: chunkRate,
		goals: []goal{{"openai-go", 25, ""}},
	}
}

func pacedRow() *row {
	return &row{
		name: "paced", title: "A chunk at real token rates",
		text: "1,000 streams at once, 50 chunks of 250 bytes a second on each, sent one by one: " +
			"50,000 chunks a second are offered, and a client with fewer falls behind.",
		path: "paced", mode: "stream", concurrency: 1000, want: len(serve.StreamContent), items: 100_000,
		rounds: 3, warm: 6 * time.Second, window: 6 * time.Second, cycles: 3, patience: 40 * time.Second,
		measure: steadyChunks, cost: chunkCost, rate: chunkRate,
		goals: []goal{{"openai-go", 7, ""}},
	}
}

func heldRow() *row {
	return &row{
		name: "held", title: "Memory of an open stream",
		text: "10,000 streams in mid-answer, a chunk each 2.5 s: resident memory with all of them open, " +
			"less that of another process of the same client with 100, for each stream more.",
		path: "held", mode: "stream", concurrency: 10_000, want: 0, items: 40_000,
		rounds: 3, warm: 6 * time.Second, patience: 60 * time.Second,
		measure: held, cost: openCost, rate: openCount,
		goals: []goal{{"openai-go", 3, ""}}, most: 16,
	}
}

func heldHTTP2Row() *row {
	return &row{
		name: "http2-held", title: "50,000 open streams over HTTP/2",
		text: "50,000 streams in mid-answer over TLS and HTTP/2, 250 on a connection as the server allows, a chunk each 5 s: " +
			"resident memory of the whole process. The clients are those that speak HTTP/2 without being told to.",
		path: "held", http2: true, mode: "stream", concurrency: 50_000, want: 0, items: 160_000,
		rounds: 1, warm: 12 * time.Second, patience: 90 * time.Second,
		measure: heldWhole, without: withoutHTTP2, cost: wholeSize, rate: openCount, most: 1200,
	}
}

// withoutHTTP2 are the peers that speak no HTTP/2, or not as they come.
var withoutHTTP2 = []string{"fasthttp", "aiohttp", "httpx", "openai-python", "litellm", "openai-node", "wrk", "net/http+json"}

func bulkRow() *row {
	return &row{
		name: "bulk", title: "100,000 calls from a file to a file",
		text: "A JSON Lines file in, one with the answers out, 64 calls at once, answered at once: from the start of the process to its end. " +
			"The peers are a worker pool and a loop as one writes them by hand; Paceline checks its input first, and keeps its journal.",
		path: "json", mode: "bulk", concurrency: 64, want: len(serve.Content), items: 100_000,
		rounds: 3, window: 15 * time.Minute, patience: 90 * time.Second,
		measure: bulk, without: []string{"wrk", "net/http", "net/http+json", "fasthttp", "go-openai", "httpx"}, cost: wholeTime, rate: wholeCPU,
		goals: []goal{{"openai-go", 2, ""}, {"aiohttp", 5, ""}, {"openai-python", 5, ""}, {"litellm", 5, ""}},
	}
}

// measures reports whether a peer can do it.
func (r *row) measures(p *peer) bool { return !slices.Contains(r.without, p.name) }

// describe returns a figure in words.
func (r *row) describe(f figure) string {
	text := fmt.Sprintf("%s %s, %s %s", decimals(r.cost.of(f)), r.cost.name, decimals(r.rate.of(f)), r.rate.name)
	if f.server > 0 {
		text += fmt.Sprintf(", server %.0f %% busy", 100*f.server)
	}
	return text
}

func rowName(r *row) string { return r.name }

func rowNames() string {
	var names []string
	for _, r := range rowsOf(false) {
		names = append(names, r.name)
	}
	return strings.Join(names, ", ")
}
