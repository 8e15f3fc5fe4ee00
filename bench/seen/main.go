// Seen measures what it costs to see a run: the processor time of `paceline run`,
// journal and output on, at a limit of 10,000 calls a second, with everything
// shown (the view on a terminal, --log, --metrics read each second, --ui with a
// reader of its feed) and with nothing shown (--quiet), in turn. It prints the
// medians, and the ratio round by round.
//
//	make bench-seen                                        # into docs/PERFORMANCE.md
//	go run ./bench/seen -paceline bin/paceline -kinds .    # each part of it too: printed only
//
// The server is that of bench/peers, in a process of its own. It runs on Linux.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
)

// options are the command's flags.
type options struct {
	paceline string
	rate     int
	seconds  int
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
	flag.IntVar(&o.seconds, "seconds", 10, "how long a run takes at that rate")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds, of a run of each kind")
	flag.StringVar(&o.page, "page", "", "the page whose table is replaced; empty: none")
	flag.StringVar(&o.profile, "profile", "", "a folder for the runs' profiles; empty: none")
	kinds := flag.String("kinds", usualKinds, "measure off, and of all, view, log, metrics, ui and debug those that match")
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
