package flow

// Estimator guesses how many tokens a call will use, from the calls that have
// ended. It is not safe for concurrent use.
type Estimator struct {
	bytes, tokens float64 // of prompts, recent ones weighing more
	output        float64 // mean of answers, recent ones weighing more
	seen          int
}

const (
	// firstRatio is bytes per token of English text and JSON in current
	// byte-pair vocabularies, rounded down so that the first guess is high.
	firstRatio = 3.5
	// firstOutput is the guess for an answer of unknown length.
	firstOutput = 256
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
}
