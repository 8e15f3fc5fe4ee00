package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/sim"
)

// trouble adds up how long the attempts took that failed, by their cause. The
// engine's observer fills it; it is read when the engine has shut down.
type trouble map[paceline.Code]ordeal

type ordeal struct {
	calls int64
	spent time.Duration // of all of them together
}

func (t *trouble) observe(ev *paceline.Event) {
	if ev.Kind != paceline.EventEnd || ev.Err == nil {
		return
	}
	if *t == nil {
		*t = trouble{}
	}
	o := (*t)[ev.Err.Code]
	(*t)[ev.Err.Code] = ordeal{o.calls + 1, o.spent + ev.Total}
}

// mean is how long an attempt with this cause took on average.
func (t trouble) mean(c paceline.Code) time.Duration {
	if t[c].calls == 0 {
		return 0
	}
	return t[c].spent / time.Duration(t[c].calls)
}

// report prints the summary, what went wrong, and where the rows are. err is
// what stopped the run, nil if nothing did.
func (d *demonstration) report(sum paceline.Summary, s *summary.Summary, err error) {
	columns, _ := d.env.Size()
	why := ""
	if err != nil {
		why = summary.StopReason(sum.StoppedBy, err)
	}
	summary.Report{Summary: s, Stopped: why, Width: max(columns, 80), Pricing: "at what " + demoPriced + " costs, " + d.pricing.source}.Write(d.env.Stderr)
	var labels prose.Sheet
	labels.Row("labels", numeral.Figures(numeral.Always(d.labels["positive"], "positive"),
		numeral.Always(d.labels["negative"], "negative"), numeral.Always(d.labels["mixed"], "mixed")))
	var b strings.Builder
	b.WriteString(labels.String())
	ledger := d.server.Ledger()
	writeHealing(&b, d.ills(sum, ledger))
	if sum.Hedges > 0 {
		fmt.Fprintf(&b, "\n  %s a second attempt beside a first one that was slow to\n  begin. What befell the slower of the two may not be noticed.\n", hadHedges(sum.Hedges))
	}
	if slow := sum.Causes[paceline.CodeFirstToken] - ledger.ByFault["hang"]; slow > 0 {
		fmt.Fprintf(&b, "\n  Of those that seemed never to answer, %d merely took long: the deadline is\n  learnt from the traffic.\n", slow)
	}
	writeWhereabouts(&b, d.output)
	io.WriteString(d.env.Stderr, b.String())
}

func hadHedges(n int64) string {
	if n == 1 {
		return "1 call had"
	}
	return numeral.Grouped(n) + " calls had"
}

// An ill is one kind of fault: how often the simulator did it, how often the
// engine saw it, and what it did about it.
type ill struct {
	what       string
	done, seen int64
	healed     string
}

// ills puts the simulator's ledger beside the engine's statistics.
func (d *demonstration) ills(sum paceline.Summary, l sim.Ledger) []ill {
	seen := func(codes ...paceline.Code) (n int64) {
		for _, c := range codes {
			n += sum.Causes[c]
		}
		return n
	}
	return []ill{
		{"never answered", l.ByFault["hang"], seen(paceline.CodeFirstToken),
			"first-token deadline, after " + numeral.Latency(d.trouble.mean(paceline.CodeFirstToken))},
		{"broke off half-way", l.ByFault["cut"], seen(paceline.CodeCut), "end missed, not taken for whole"},
		{"reset the connection", l.ByFault["reset"], seen(paceline.CodeConnection), "sent again"},
		{"failed with 500 or 502", l.ByFault["500"] + l.ByFault["502"], seen(paceline.CodeServer),
			"backed off, sent again"},
		{"said 429, wait 1 s", l.ByFault["429"] + l.Refused, seen(paceline.CodeThrottled),
			"everything waited as told"},
		{"answered nonsense", l.ByFault["invalid"], seen(paceline.CodeInvalidAnswer),
			"refused by the check, asked again"},
	}
}

// writeHealing prints the ills as a table.
func writeHealing(b *strings.Builder, ills []ill) {
	b.WriteString("\nWhat went wrong on the way\n\n")
	fmt.Fprintf(b, "  %-24s%8s%8s   %s\n", "the provider", "times", "noticed", "healed by")
	for _, i := range ills {
		if i.done+i.seen == 0 {
			continue
		}
		if i.seen == 0 {
			i.healed = "nothing: it did no harm"
		}
		fmt.Fprintf(b, "  %-24s%8s%8s   %s\n", i.what, numeral.Grouped(i.done), numeral.Grouped(i.seen), i.healed)
	}
}

// writeWhereabouts says where the rows are and how to look at them.
func writeWhereabouts(b *strings.Builder, output string) {
	path := prose.ShellQuoted(output)
	fmt.Fprintf(b, "\nThe rows are in %s\n\n", output)
	fmt.Fprintf(b, "  head -3 %s | jq .\n", path)
	fmt.Fprintf(b, "  jq 'select(.llm.requests > 2)' %s\n", path)
}
