package summary

import (
	"math"
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/advice"
	"github.com/seed-1814a72b/paceline/internal/prose"
)

// limitedBy is what held this session back, and what to change. Earlier sessions
// are not in it.
type limitedBy struct {
	Worst  string        `json:"worst"`    // what took most of the time; "" if it took none
	Causes []limitedPart `json:"by_cause"` // the worst first; together they are elapsed_s
	Used   usedLimits    `json:"used"`     // on average over the session
	Advice string        `json:"advice"`   // "": there is nothing to change

	sentence string
}

// A limitedPart is for how long one cause held the session back.
type limitedPart struct {
	Cause   string  `json:"cause"` // as [paceline.Bottleneck] names it
	Seconds float64 `json:"seconds"`
	Share   float64 `json:"share"` // of the session, in ten-thousandths; together 1
}

// usedLimits are shares of what there was, 1 for all of it; null: there was no
// such limit.
type usedLimits struct {
	Requests    *float64 `json:"requests"`
	Tokens      *float64 `json:"tokens"`
	Money       *float64 `json:"money"`
	Concurrency *float64 `json:"concurrency"`
	Processor   *float64 `json:"processor"`
}

// newLimitedBy says what limited a session.
func newLimitedBy(st *paceline.Stats) limitedBy {
	l := limitedBy{Causes: []limitedPart{}, Used: newUsedLimits(&st.Use), Advice: advice.Of(st).Remedy(), sentence: advice.Sentence(st.Limited)}
	parts := advice.Parts(st.Limited)
	seconds := apportion(parts, st.Limited.Total().Round(time.Millisecond).Milliseconds())
	shares := apportion(parts, 10_000)
	for i, p := range parts {
		l.Causes = append(l.Causes, limitedPart{p.Bottleneck.String(), float64(seconds[i]) / 1000, float64(shares[i]) / 10_000})
	}
	if len(parts) > 0 {
		l.Worst = l.Causes[0].Cause
	}
	return l
}

// apportion shares out n units by the parts' shares, so that all of them are given:
// those that were rounded down most get one more.
func apportion(parts []advice.Part, n int64) []int64 {
	units, order := make([]int64, len(parts)), make([]int, len(parts))
	rest := n
	over := func(i int) float64 { return parts[i].Share*float64(n) - float64(units[i]) }
	for i := range parts {
		units[i] = int64(math.Floor(parts[i].Share * float64(n)))
		rest -= units[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if over(a) > over(b) {
			return -1
		}
		return 1
	})
	for k := 0; k < len(order) && rest > 0; k++ {
		units[order[k]]++
		rest--
	}
	return units
}

func newUsedLimits(u *paceline.Use) usedLimits {
	return usedLimits{used(u.Requests), used(u.Tokens), used(u.Money), used(u.Concurrency), used(u.Processor)}
}

func used(s paceline.Share) *float64 {
	if !s.Known {
		return nil
	}
	part := math.Round(s.Part*10_000) / 10_000
	return &part
}

// limits returns the lines that say what limited the session: nothing of one that
// was over at once, whose shares say little.
func (r Report) limits() (sentence, advised []string) {
	if r.ElapsedS < 1 || r.session.requests == 0 {
		return nil, nil
	}
	return r.wrapped(r.LimitedBy.sentence), r.wrapped(r.LimitedBy.Advice)
}

// wrapped breaks a row's text into the lines that fit the page.
func (r Report) wrapped(text string) []string {
	if r.Width > 0 {
		return prose.Wrap(text, r.Width-16)
	}
	return []string{text}
}
