package sim

import "strings"

// feeling is what a label, or a text, says.
type feeling uint8

const (
	noFeeling feeling = iota
	positive
	negative
	neutral
	mixed
)

var feelings = map[string]feeling{
	"positive": positive, "pos": positive, "good": positive, "favorable": positive, "favourable": positive, "happy": positive, "satisfied": positive,
	"negative": negative, "neg": negative, "bad": negative, "unfavorable": negative, "unfavourable": negative, "unhappy": negative, "dissatisfied": negative,
	"neutral": neutral, "none": neutral, "mixed": mixed, "both": mixed, "ambivalent": mixed,
}

// tones are words that speak for or against a thing. Words that serve as
// labels are not among them: prompts contain those.
var tones = func() map[string]int {
	m := map[string]int{}
	for _, w := range strings.Fields(`great excellent love loved loves lovely amazing wonderful fantastic
		perfect perfectly best awesome superb delightful pleased recommend recommended enjoy enjoyed
		brilliant beautiful nice fast quick friendly helpful comfortable reliable sturdy worth impressed
		impressive flawless outstanding solid smooth easy delicious fresh thrilled glad crisp bright
		intuitive generous charming superior elegant sharp durable gorgeous works worked`) {
		m[w] = 1
	}
	for _, w := range strings.Fields(`terrible awful hate hated worst horrible poor poorly broke broken
		breaks disappointed disappointing disappointment useless waste wasted slow rude cheap flimsy
		defective refund return returned returning annoying ugly uncomfortable unreliable failed fails
		fail boring bland cold dirty noisy loud expensive overpriced late missing cracked leaks leaked
		damaged stopped faulty regret avoid frustrating frustrated scratched dull weak stale never
		confusing wrong problem problems issue issues buggy crashes`) {
		m[w] = -1
	}
	return m
}()

var negations = map[string]bool{
	"not": true, "no": true, "hardly": true, "without": true, "isn't": true, "wasn't": true,
	"don't": true, "doesn't": true, "didn't": true, "won't": true, "can't": true, "cannot": true,
}

// pickSentiment returns the label that fits the text's feeling, or "" if the
// labels are not those of a sentiment.
func pickSentiment(labels []string, text string) string {
	by := map[feeling]string{}
	for _, l := range labels {
		if f := feelings[strings.ToLower(l)]; f != noFeeling && by[f] == "" {
			by[f] = l
		}
	}
	if by[positive] == "" || by[negative] == "" {
		return ""
	}
	want := feel(text)
	for _, f := range []feeling{want, neutral, mixed, positive} {
		if by[f] != "" {
			return by[f]
		}
	}
	return ""
}

// feel weighs the words for against those against.
func feel(text string) feeling {
	pros, cons := 0, 0
	negated := 0 // words for which a negation still holds
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		word = strings.Trim(word, ".,;:!?\"'()*-")
		tone := tones[word]
		if negated > 0 {
			tone, negated = -tone, negated-1
		}
		switch {
		case tone > 0:
			pros++
		case tone < 0:
			cons++
		}
		if negations[word] {
			negated = 3
		}
	}
	return verdictOf(pros, cons)
}

// verdictOf calls a text mixed when its lesser side has at least half the
// weight of the other.
func verdictOf(pros, cons int) feeling {
	switch lesser := min(pros, cons); {
	case pros+cons == 0:
		return neutral
	case 2*lesser >= max(pros, cons):
		return mixed
	case pros > cons:
		return positive
	}
	return negative
}
