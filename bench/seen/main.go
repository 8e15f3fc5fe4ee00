// Seen measures what it costs to see a run: the processor time of `paceline run`,
// journal and output on, at a limit of 10,000 calls a second, with everything
// shown (the view on a terminal, --log, --metrics read each second, --ui with a
// reader of its feed), beside a run at the same time of which nothing is shown
// (--quiet). Both are measured between the same two moments, once they have warmed
// up, and compared by what their servers have answered in between. Two runs of
// which nothing is shown, compared in the same way, tell how far to trust that.
//
//	make bench-seen                                        # into docs/PERFORMANCE.md
//	go run ./bench/seen -paceline bin/paceline -kinds .    # each part of it too: printed only
//	go run ./bench/seen -rounds 1 -window 3s -warm 1s      # does it work?
//
// The servers are those of bench/peers, each in a process of its own. All fits on
// two cores: a run takes about two fifths of one. It runs on Linux.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"
)

// options are the command's flags.
type options struct {
	paceline string
	rate     int
	warm     time.Duration
	window   time.Duration
	rounds   int
	kinds    *regexp.Regexp
	page     string
	profile  string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		exit(serveForever())
	}
	var o options
	flag.StringVar(&o.paceline, "paceline", "bin/paceline", "the binary to measure")
	flag.IntVar(&o.rate, "rate", 10_000, "the limit, in calls a second")
	flag.DurationVar(&o.warm, "warm", 2*time.Second, "for how long runs warm up")
	flag.DurationVar(&o.window, "window", 20*time.Second, "for how long they are measured")
	flag.IntVar(&o.rounds, "rounds", 9, "rounds, of a pair of runs for each kind")
	flag.StringVar(&o.page, "page", "", "the page whose table is replaced; empty: none")
	flag.StringVar(&o.profile, "profile", "", "a folder for the runs' profiles; empty: none")
	kinds := flag.String("kinds", usualKinds, "measure off beside off, and of all, view, log, metrics, ui and debug those that match")
	flag.Parse()
	var err error
	if o.kinds, err = regexp.Compile(*kinds); err != nil {
		exit(fmt.Errorf("-kinds: %w", err))
	}
	exit(measure(o))
}

// exit ends the program; an error is one line.
func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "seen:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
