package status

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// Text is the state as people read it, after an order that was carried out.
// output is the run's output as the reader named it.
func (r *Run) Text(done, output string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", output, r.headline(done, output))
	row := func(label, text string) { fmt.Fprintf(&b, "  %-11s %s\n", label, text) }
	row("items", r.progress())
	row("calls", fmt.Sprintf("%s in flight, %s waiting, %s sent", numeral.Grouped(int64(r.InFlight)), numeral.Grouped(int64(r.Waiting)), numeral.Grouped(r.Requests)))
	if trouble := r.trouble(); trouble != "" {
		row("trouble", trouble)
	}
	row("in force", r.InForce.String())
	for _, m := range r.ownLimits() {
		row("  model", m)
	}
	for _, e := range r.Endpoints {
		row(r.label(e), e.String())
		for _, m := range e.Models {
			row("  model", m.Model+", "+m.String())
		}
	}
	return b.String()
}

// headline is what the run does now; after an order, what that has changed.
func (r *Run) headline(done, output string) string {
	switch {
	case done == "pause":
		return fmt.Sprintf("paused; %s; 'paceline ctl %s resume' goes on", r.goesOn(), prose.ShellQuoted(output))
	case done == "resume" && r.Now != "":
		return "going on; " + r.Now
	case r.Paused:
		return fmt.Sprintf("paused by you; 'paceline ctl %s resume' goes on", prose.ShellQuoted(output))
	}
	return r.Now
}

// goesOn says what a pause leaves alone.
func (r *Run) goesOn() string {
	switch r.InFlight {
	case 0:
		return "no call is in flight"
	case 1:
		return "the call in flight will be finished"
	}
	return "the " + numeral.Calls(int64(r.InFlight)) + " in flight will be finished"
}

// progress is how far it is and how fast.
func (r *Run) progress() string {
	far := numeral.Grouped(r.Done)
	if r.Items != nil {
		far = fmt.Sprintf("%s of %s (%s)", far, numeral.Grouped(*r.Items), numeral.Percent(r.Done, *r.Items))
	}
	text := fmt.Sprintf("%s, %s a second, %s so far", far, numeral.RateNumber(r.ItemsPerS), numeral.Span(seconds(r.ElapsedS)))
	if r.EtaS != nil {
		text += ", about " + numeral.Span(numeral.Calm(seconds(*r.EtaS))) + " to go"
	}
	return text
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// trouble is what went wrong so far, "" for nothing.
func (r *Run) trouble() string {
	var parts []string
	for _, c := range []struct {
		n    int64
		name string
	}{{r.Failed, "failed"}, {r.Invalid, "invalid"}, {r.Truncated, "truncated"}, {r.Filtered, "filtered"},
		{r.Refused, "refused"}, {r.Asked, "asked again"}, {r.Retries, "sent again"}, {r.Throttled, "throttled"}} {
		if c.n > 0 {
			parts = append(parts, numeral.Grouped(c.n)+" "+c.name)
		}
	}
	return strings.Join(parts, ", ")
}

// String says what is kept now, given or learnt.
func (l InForce) String() string {
	rate := func(n *float64, what string) string {
		if n == nil {
			return "no limit on " + what + " known"
		}
		return numeral.RateNumber(*n) + " " + what + " a minute"
	}
	requests := approximately(rate(l.RequestsPerMin, "requests"), l.FoundOut)
	text := fmt.Sprintf("%s, %s", requests, rate(l.TokensPerMin, "tokens"))
	if l.USDPerHour != nil {
		text += ", " + price.Dollars(*l.USDPerHour) + " an hour"
	}
	return text + ", " + numeral.Counted(int64(l.Concurrency), "call") + " at once"
}

// ownLimits says what is in force for each model, where there are several or one
// has limits of its own that are not the whole's.
func (r *Run) ownLimits() (list []string) {
	if len(r.Models) < 2 {
		return nil
	}
	for _, m := range r.Models {
		name := m.Model
		if name == "" {
			name = "others"
		}
		if len(r.Endpoints) > 1 {
			name = m.Endpoint + " " + name
		}
		list = append(list, name+": "+m.String())
	}
	return list
}

// String says which limits of the model's own are in force.
func (m ModelRun) String() string {
	var parts []string
	if m.RequestsPerMin != nil {
		parts = append(parts, approximately(numeral.RateNumber(*m.RequestsPerMin)+" requests a minute", m.FoundOut))
	}
	if m.TokensPerMin != nil {
		parts = append(parts, numeral.RateNumber(*m.TokensPerMin)+" tokens a minute")
	}
	if m.USDPerHour != nil {
		parts = append(parts, price.Dollars(*m.USDPerHour)+" an hour")
	}
	if m.Concurrency != nil {
		parts = append(parts, numeral.Counted(*m.Concurrency, "call")+" at once")
	}
	if len(parts) == 0 {
		parts = append(parts, "no limit of its own")
	}
	if m.PausedForS > 0 {
		parts = append(parts, "paused "+numeral.Span(seconds(m.PausedForS)))
	}
	return strings.Join(append(parts, numeral.Grouped(int64(m.InFlight))+" in flight"), ", ")
}

// label names an endpoint where there are several.
func (r *Run) label(e Endpoint) string {
	if len(r.Endpoints) == 1 {
		return "given"
	}
	return e.Name
}

// String names the host and the limits that were given, and why it takes no
// calls if it does not.
func (e Endpoint) String() string {
	text := e.Host + ", " + e.Given.String()
	if why := e.trouble(); why != "" {
		text += "; " + why
	}
	return text
}

// String lists the limits that were given, as the command line has them.
func (e Given) String() string {
	var given []string
	for _, l := range []struct {
		name string
		n    *float64
	}{{"rpm", e.RPM}, {"rps", e.RPS}, {"tpm", e.TPM}, {"usd-per-hour", e.USDPerHour}} {
		if l.n != nil {
			given = append(given, l.name+"="+value.Quantity{To: l.n}.String())
		}
	}
	if e.Concurrency != nil {
		given = append(given, fmt.Sprintf("concurrency=%d", *e.Concurrency))
	}
	given = append(given, "window="+e.Window)
	return strings.Join(given, " ")
}
