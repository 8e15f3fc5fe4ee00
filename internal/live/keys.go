package live

import (
	"strings"

	"github.com/seed-1814a72b/paceline/internal/prose"
)

// A keyLine is the live view's last line: the keys, or what one of them did.
type keyLine struct {
	On   bool   // there are keys
	Help bool   // explain them
	Said string // what the last one did; "" once that was read
}

const keysHelp = "p or space: pause, and go on. + and -: raise or lower, by a tenth, the limit that holds the run back. " +
	"q: finish the calls in flight and stop, as Ctrl-C; again: stop at once. The same command continues."

// keys adds the line; explained they take more than one.
func (d *blockDraft) keys() {
	k := &d.Keys
	if !k.On || d.Ended {
		return
	}
	d.gap()
	if k.Help {
		for _, text := range prose.Wrap(keysHelp, max(d.room-1, 20)) {
			d.add(rankSaid, line{{" ", stylePlain}, {text, stylePlain}})
		}
	}
	if k.Said != "" {
		d.add(rankSaid, line{{" ", stylePlain}, {d.plainly(k.Said), styleBold}})
		return
	}
	d.add(rankKeys, line{{" ", stylePlain}, {k.list(d.Stopping, d.Held), styleDim}})
}

// list names the keys.
func (k *keyLine) list(stopping, held bool) string {
	first := "p pause"
	if held {
		first = "p go on"
	}
	keys := []string{first, "+ faster", "- slower", "q stop", "? help"}
	if stopping {
		keys = []string{"q stop at once"}
	}
	return strings.Join(keys, "   ")
}
