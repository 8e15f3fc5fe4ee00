package main

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline/bench/page"
)

// run measures what the options choose and shows it.
func run(o options) error {
	rows, peers := choose(rowsOf(o.quick), o.rows, rowName), choose(allPeers(), o.peers, peerName)
	if len(rows) == 0 || len(peers) == 0 {
		return fmt.Errorf("nothing is chosen; the rows are %s, the peers %s", rowNames(), peerNames())
	}
	cores, err := twoCores()
	if err != nil {
		return err
	}
	b, err := newBench(cores)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.scratch)
	b.removeAtInterrupt()
	b.install(peers)
	for _, r := range rows {
		if o.rounds > 0 {
			r.rounds = min(r.rounds, o.rounds)
		}
		t := b.measure(r, peers)
		fmt.Printf("\n%s\n", t.markdown())
		if o.page == "" || o.quick || len(peers) < len(allPeers()) {
			continue // a table of some peers, or of a hasty run, does not replace a whole one
		}
		if err := updatePage(o.page, t); err != nil {
			return err
		}
	}
	return nil
}

// removeAtInterrupt removes the scratch folder when the user stops the program,
// and ends it; the processes that it started end with it.
func (b *bench) removeAtInterrupt() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	go func() {
		<-signals
		_ = os.RemoveAll(b.scratch)
		os.Exit(130)
	}()
}

// A bench is what all measurements share.
type bench struct {
	cores   cores
	cache   string // the folder of the installed peers; absolute
	scratch string // a folder for inputs and outputs, removed at the end
	inputs  map[int]string
}

func newBench(c cores) (*bench, error) {
	cache, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	// Beside the peers and not where temporary files go, which may be memory.
	scratch, err := os.MkdirTemp(cache, "scratch-")
	return &bench{cores: c, cache: cache, scratch: scratch, inputs: map[int]string{}}, err
}

// install gets all peers ready. One that cannot be is a row that says so.
func (b *bench) install(peers []*peer) {
	for _, p := range peers {
		begun := time.Now()
		if p.absent = p.install(b.cache); p.absent != nil {
			fmt.Fprintf(os.Stderr, "%s cannot be installed: %v\n", p.name, p.absent)
		} else if took := time.Since(begun); took > time.Second {
			fmt.Fprintf(os.Stderr, "%s is ready after %.0f s\n", p.name, took.Seconds())
		}
	}
}

// measure makes the rounds of one row. In each every peer has a turn, and who
// begins changes, so that what else goes on meets all of them.
func (b *bench) measure(r *row, peers []*peer) *table {
	t := &table{row: r, begun: time.Now(), loadBefore: page.Load()}
	for _, p := range peers {
		if r.measures(p) {
			t.lines = append(t.lines, &line{peer: p})
		}
	}
	for round := range r.rounds {
		for i := range t.lines {
			l := t.lines[(i+round)%len(t.lines)]
			b.turn(r, l, round)
		}
	}
	t.took, t.loadAfter = time.Since(t.begun), page.Load()
	return t
}

// turn measures one peer once. What goes wrong with a peer is noted at its
// line, and it has no further turns.
func (b *bench) turn(r *row, l *line, round int) {
	if l.peer.absent != nil || l.failed != nil || l.over {
		return
	}
	begun := time.Now()
	f, err := r.measure(b, r, l.peer)
	if err != nil {
		l.failed = err
		fmt.Fprintf(os.Stderr, "%s, round %d: %s failed: %v\n", r.name, round+1, l.peer.name, err)
		return
	}
	l.figures = append(l.figures, f)
	l.over = time.Since(begun) > r.patience
	fmt.Fprintf(os.Stderr, "%s, round %d: %s: %s\n", r.name, round+1, l.peer.name, r.describe(f))
}

// choose returns those of list whose name matches.
func choose[T any](list []T, match interface{ MatchString(string) bool }, name func(T) string) []T {
	return slices.DeleteFunc(list, func(v T) bool { return !match.MatchString(name(v)) })
}
