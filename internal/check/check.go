package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
)

// A Rule reads the value of an answer's text, or says in one line why it has
// none. cut: the text was cut off at its limit of tokens; what could be the
// beginning of something else is then no value. The rule may keep the text.
type Rule interface {
	read(text []byte, cut bool) (value json.RawMessage, repairs []string, err error)
}

// A Check judges answers by a rule. It is safe for concurrent use: at most
// GOMAXPROCS-1 answers, and at least one, are judged at once, so that a
// processor is left for the calls that go on.
type Check struct {
	rule  Rule
	whole bool // a cut answer is as good as any
	gate  chan struct{}
}

// New returns the check of a rule. allowTruncated: answers that were cut off
// are judged like any other.
func New(rule Rule, allowTruncated bool) *Check {
	return &Check{rule: rule, whole: allowTruncated, gate: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
}

var errNoChoices = errors.New("the response has no choices")

// Accept is a [paceline.Config.Accept]. Every choice must pass. It sets their
// values and what had to be repaired.
func (c *Check) Accept(_ *paceline.Request, resp *paceline.Response) error {
	c.gate <- struct{}{}
	defer func() { <-c.gate }()
	if len(resp.Choices) == 0 {
		return errNoChoices
	}
	var faults []string
	for i := range resp.Choices {
		err := c.choice(&resp.Choices[i])
		switch {
		case err == nil:
		case len(resp.Choices) > 1:
			faults = append(faults, fmt.Sprintf("choice %d: %v", i, err))
		default:
			return err
		}
	}
	if faults != nil {
		return errors.New(strings.Join(faults, "; "))
	}
	return nil
}

func (c *Check) choice(ch *paceline.Choice) error {
	text, err := textOf(ch)
	if err != nil {
		return err
	}
	ch.Value, ch.Repairs, err = c.rule.read(text, ch.Truncated() && !c.whole)
	return err
}
