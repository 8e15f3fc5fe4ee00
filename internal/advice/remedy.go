package advice

import (
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline"
)

const (
	// usedUp is the share of a limit from which on there is next to nothing to be
	// had by getting round the others, and spare that up to which there is much.
	usedUp = 0.85
	spare  = 0.5
	// busy is that share of the processor's time: what is in use of it comes in
	// bursts, between which it has time to spare.
	busy = 0.7
)

// Remedy says what would make the run faster, going by its worst cause and by how
// much of the other limits was used; "" if there is nothing to change.
func (r Run) Remedy() string {
	worst, _ := r.Limited.Worst()
	if r.Silent && unheard[worst] {
		return nothingAnswered
	}
	switch worst {
	case paceline.BottleneckRequests:
		return r.requests()
	case paceline.BottleneckTokens:
		return r.tokens()
	case paceline.BottleneckMoney:
		return "raise --usd-per-hour, or take a cheaper model" + because(usedUpOf("the limit on money", r.Use.Money))
	case paceline.BottleneckConcurrency:
		return r.concurrency()
	case paceline.BottleneckCPU:
		return r.processor()
	case paceline.BottleneckThrottled:
		return r.throttled()
	default:
		return fixed[worst]
	}
}

// nothingAnswered is what there is to say of a run that never heard of its server:
// how many calls it bears nobody knows.
const nothingAnswered = "nothing was ever answered: look at the address, at the network and at the server"

// unheard are the bottlenecks of which nothing can be said before something was
// answered.
var unheard = map[paceline.Bottleneck]bool{
	paceline.BottleneckConcurrency: true, paceline.BottleneckAnswers: true,
	paceline.BottleneckRetries: true, paceline.BottleneckOutage: true,
}

// fixed is what helps whatever was measured.
var fixed = map[paceline.Bottleneck]string{
	paceline.BottleneckBudget:  "raise the budget, or give requests a lower max_tokens: what the calls in flight might use at most was all that was left of it",
	paceline.BottleneckAnswers: "all was sent, and quicker answers alone would help: --hedge 5% asks again for those that are slow to begin, a shorter --timeout for those that never end",
	paceline.BottleneckRetries: "calls failed and waited for their next attempt: see to what made them fail",
	paceline.BottleneckOutage:  "nothing answered: another key or server beside it (--endpoint) would have taken over",
	paceline.BottleneckDisk:    "rows came faster than they could be written: a faster disk, or --sync 1s for fewer syncs; where they go into a pipe, a faster reader",
	paceline.BottleneckInput:   "items came slower than they could be sent: only a faster source of them would help",
}

// isRefused reports whether the server refuses so many calls, or the pauses after that
// take so long, that to raise a limit that is given would not help.
func (r Run) isRefused() bool {
	paused := float64(r.Limited[paceline.BottleneckThrottled]) / float64(max(r.Limited.Total(), 1))
	return max(paused, r.Refused) >= mentioned
}

// throttled says what to do about refusals: where calls keep to a limit that is given,
// that is not what the server counts.
func (r Run) throttled() string {
	const below = "the server refuses calls below the limit that is given (it may count more finely, take smaller bursts, or others use the key): "
	switch {
	case r.RequestsGiven:
		return below + "lower it, or leave it to be found out (--rps auto)"
	case r.TokensGiven:
		return below + "give that on requests by --rpm as well, or lower --tpm"
	}
	return "the server said later: give its limit by --rpm or --tpm, or look who else uses the key"
}

func (r Run) requests() string {
	if r.RequestsGiven && r.isRefused() {
		return r.throttled()
	}
	u := r.Use
	limit := "the limit on requests"
	if r.FoundOut {
		limit = "what the server was found to let in"
	}
	raise := "ask for a higher limit"
	if r.RequestsGiven {
		raise = "raise the limit that was given (--rpm, --rps) if the server grants more"
	}
	do := raise + ", put more into each request"
	if below(u.Tokens, spare) {
		do = "put more into each request, or " + raise
	}
	used, tokens := usedUpOf(limit, u.Requests), "that on tokens"
	if used == "" {
		tokens = "the limit on tokens"
	}
	return do + ", or share the calls with a further key or server (--endpoint)" + because(used, of(tokens, u.Tokens))
}

func (r Run) tokens() string {
	if r.TokensGiven && r.isRefused() {
		return r.throttled()
	}
	u := r.Use
	if below(u.Tokens, usedUp) {
		return "give requests a max_tokens nearer to what answers take, since calls set aside what they are expected to use" + because(of("the limit on tokens", u.Tokens))
	}
	do := "ask for a higher limit"
	if r.TokensGiven {
		do = "raise --tpm if the server grants more"
	}
	return do + ", or shorten prompts and answers" + because(of("the limit on tokens", u.Tokens), of("that on requests", u.Requests))
}

// concurrency says whether more calls at once would help: not if another limit is
// used up nearly.
func (r Run) concurrency() string {
	u := r.Use
	if r.Exhausted {
		return "this machine had no file descriptors or ports left for more calls at once: raise 'ulimit -n'"
	}
	why := because(of("the limit on requests", u.Requests), of("the limit on tokens", u.Tokens), of("the limit on money", u.Money))
	for _, p := range []struct {
		what string
		use  paceline.Share
		most float64
	}{
		{"the limit on requests", u.Requests, usedUp}, {"the limit on tokens", u.Tokens, usedUp},
		{"the limit on money", u.Money, usedUp}, {"the processor", u.Processor, busy},
	} {
		if p.use.Known && p.use.Part >= p.most {
			return "a higher --concurrency would bring little" + because(of(p.what, p.use))
		}
	}
	at := ""
	if r.Cap > 0 {
		at = fmt.Sprintf(" above %d", r.Cap)
	}
	switch {
	case r.Adapted:
		return "so many calls at once are what the server bore without slowing down; --concurrency" + at + " tries more" + why
	case why == "":
		return "raise --concurrency" + at + ": no other limit was in force"
	}
	return "raise --concurrency" + at + why
}

// processor tells calls that took all of it from checks that alone did not keep
// up.
func (r Run) processor() string {
	if below(r.Use.Processor, usedUp) {
		return "answers waited to be checked: simpler checks, or more processors, would help" + because(of("the processor", r.Use.Processor))
	}
	return "give the process more processors, or share the input among machines" + because(of("the processor", r.Use.Processor))
}

// below reports whether it is known that less was used.
func below(u paceline.Share, part float64) bool { return u.Known && u.Part < part }

// of says how much of a limit was used, "" if that is not known. A burst that was
// saved up may exceed it.
func of(what string, u paceline.Share) string {
	if !u.Known {
		return ""
	}
	return what + " was " + Percent(min(u.Part, 1)) + " used"
}

// usedUpOf says how much of the limit that held the run was used: "" of one that was not
// used up on the whole, since it held the run at times only, or let calls go in bursts:
// its average over the session is not what was seen while it held. That it held it is
// said already.
func usedUpOf(what string, u paceline.Share) string {
	if below(u, usedUp) {
		return ""
	}
	return of(what, u)
}

// because puts what was measured behind an advice.
func because(facts ...string) string {
	var known []string
	for _, f := range facts {
		if f != "" {
			known = append(known, f)
		}
	}
	if len(known) == 0 {
		return ""
	}
	return ": " + strings.Join(known, ", ")
}
