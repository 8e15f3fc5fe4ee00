//go:build unix

package torture

import (
	"flag"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed-1814a72b/paceline/internal/cli"
)

var (
	kills = flag.Int("kills", 25, "how many processes to kill")
	seed  = flag.Uint64("seed", 0, "seed of inputs, flags and moments; 0: a random one")
	items = flag.Int("items", 300, "items of a round")
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"paceline": func() { os.Exit(cli.Run()) },
	})
}

// Fault 43, with every other fault on.
func TestFault43Torture(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("seed %d", *seed)
	var all score
	began := time.Now()
	for n := uint64(0); all.killed < *kills; n++ {
		r := newRound(t, rand.New(rand.NewPCG(*seed, n)), *items, *kills-all.killed)
		r.run()
		all.add(r.score)
		r.folder.remove()
		if t.Failed() {
			t.Fatalf("failed in round %d: -kills %d -seed %d", n, *kills, *seed)
		}
		if testing.Verbose() {
			t.Logf("round %d: %v", n, &r.score)
		}
	}
	t.Logf("%v; %.1f kills a second", &all, float64(all.killed)/time.Since(began).Seconds())
}
