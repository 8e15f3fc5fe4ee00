// Peers measures Paceline beside the clients that a user would pick instead, in
// one run on one machine: calls a second and processor time a call, processor
// time a streamed chunk, memory an open stream, and how long 100,000 calls take.
//
//	make bench-peers                                      # all of it, into docs/PERFORMANCE.md
//	make bench-peers ROWS=json                            # some tables, into the page too
//	make bench-peers ROWS=json PEERS='net/http|paceline'  # with some peers: printed only
//	make bench-peers ROUNDS=3                             # fewer rounds, into the page too
//	make bench-peers QUICK=1                              # in minutes: printed only
//
// It builds or installs the peers at pinned versions into bench/peers/.cache,
// which git ignores, starts a server (package serve) on one core and each
// client on another, and reads the clients' processor time from the system; how
// exactly, docs/PERFORMANCE.md says. It runs on Linux with two cores or more.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"

	"github.com/seed-1814a72b/paceline/bench/peers/serve"
)

// options are the command's flags.
type options struct {
	rows, peers *regexp.Regexp
	quick       bool
	rounds      int // of each row, at most; 0: as many as it says
	page        string
}

func init() {
	// The children are started by this thread: they have its core, and end
	// with it.
	runtime.LockOSThread()
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		exit(serveForever())
	}
	if len(os.Args) > 2 && os.Args[1] == "serve-http2" {
		exit(serve.ForeverHTTP2(os.Args[2]))
	}
	rows := flag.String("rows", ".", "measure the rows whose name matches: "+rowNames())
	peers := flag.String("peers", ".", "measure the clients whose name matches: "+peerNames())
	rounds := flag.Int("rounds", 0, "measure each row so often at most; 0: as often as it says")
	quick := flag.Bool("quick", false, "shorter, fewer and smaller measurements")
	page := flag.String("page", "", "the page whose tables are replaced by those of all peers; empty: none")
	flag.Parse()
	o := options{quick: *quick, rounds: *rounds, page: *page}
	var err error
	if o.rows, err = regexp.Compile(*rows); err != nil {
		exit(fmt.Errorf("-rows: %w", err))
	}
	if o.peers, err = regexp.Compile(*peers); err != nil {
		exit(fmt.Errorf("-peers: %w", err))
	}
	exit(run(o))
}

// exit ends the program; an error is one line.
func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
