package flow

// Estimator guesses how many tokens a call will use, from the calls that have
// ended. It is not safe for concurrent use.
type Estimator struct {
	bytes, tokens float64 // of prompts, recent ones weighing more
	output        float64 // mean of answers, recent ones weighing more
	seen          int

	densest float64 // tokens per byte, the most that a prompt has had
	longest float64 // answer, in tokens
}

const (
	// firstRatio is bytes per token of English text and JSON in current
	// byte-pair vocabularies, rounded down so that the first guess is high.
	firstRatio = 3.5
	// firstOutput is the guess for an answer of unknown length.
	firstOutput = 256
	// After so many calls, bounds rest on what was seen: prompts are taken to
	// have at most denser times as many tokens per byte as any so far, answers
	// to be at most longer times as long, and no shorter than firstOutput.
	boundAfter = 20
	denser     = 1.5
	longer     = 2
	// firstLongest bounds an answer until then.
	firstLongest = 4096
	// framing is what a chat template may put around a prompt.
	framing = 64
	// memory is the share that an older call keeps when a new one comes.
	memory = 0.98
)

// Input returns the guess for a request body of n bytes.
func (e *Estimator) Input(n int) float64 {
	if e.tokens == 0 {
		return float64(n) / firstRatio
	}
	return float64(n) * e.tokens / e.bytes
}

// Output returns the guess for an answer that may have at most limit tokens; 0
// is no limit.
func (e *Estimator) Output(limit int64) float64 {
	guess := float64(firstOutput)
	switch {
	case e.seen > 0:
		guess = e.output
	case limit > 0:
		return float64(limit)
	}
	if limit > 0 {
		return min(guess, float64(limit))
	}
	return guess
}

// Seen returns how many calls it has learnt from.
func (e *Estimator) Seen() int { return e.seen }

// Observe learns from a call whose body had n bytes.
func (e *Estimator) Observe(n int, prompt, completion int64) {
	if prompt <= 0 {
		return
	}
	e.bytes = e.bytes*memory + float64(n)
	e.tokens = e.tokens*memory + float64(prompt)
	if e.seen == 0 {
		e.output = float64(completion)
	}
	e.output = e.output*memory + float64(completion)*(1-memory)
	e.seen++
	e.densest = max(e.densest, float64(prompt)/max(float64(n), 1))
	e.longest = max(e.longest, float64(completion))
}

// InputMost returns how many tokens a request body of n bytes has at most: one
// for each byte, which no vocabulary of bytes exceeds, until enough was seen to
// know better.
func (e *Estimator) InputMost(n int) float64 {
	perByte := 1.0
	if e.seen >= boundAfter {
		perByte = min(1, denser*e.densest)
	}
	return float64(n)*perByte + framing
}

// OutputMost returns how many tokens an answer has at most that may have limit
// tokens; 0 is no limit. Without one it rests on the longest answer so far.
func (e *Estimator) OutputMost(limit int64) float64 {
	switch {
	case limit > 0:
		return float64(limit)
	case e.seen < boundAfter:
		return max(firstLongest, longer*e.longest)
	}
	return max(firstOutput, longer*e.longest)
}
