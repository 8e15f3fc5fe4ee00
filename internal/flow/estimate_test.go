package flow

import "testing"

func TestEstimatorCorrectsItself(t *testing.T) {
	var e Estimator
	if got := e.Input(3500); got != 1000 {
		t.Errorf("first guess for 3,500 bytes: %v tokens, want 1,000", got)
	}
	for range 200 {
		e.Observe(1000, 500, 40)
	}
	if got := e.Input(1000); got < 499 || got > 501 {
		t.Errorf("after learning two bytes a token: %v, want 500", got)
	}
	if got := e.Output(0); got < 39 || got > 41 {
		t.Errorf("output %v, want the learnt 40", got)
	}
	if got := e.Output(10); got != 10 {
		t.Errorf("output %v, want no more than max_tokens", got)
	}
}

func TestEstimatorBeforeAnyAnswer(t *testing.T) {
	var e Estimator
	if got := e.Output(1000); got != 1000 {
		t.Errorf("output %v, want max_tokens", got)
	}
	if got := e.Output(0); got != firstOutput {
		t.Errorf("output %v, want %v", got, firstOutput)
	}
	e.Observe(100, 0, 0) // no usage: nothing to learn from
	if got := e.Input(35); got != 10 {
		t.Errorf("input %v, want 10", got)
	}
}

func TestBoundsOnTokens(t *testing.T) {
	var e Estimator
	check := func(what string, got, want float64) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %g, want %g", what, got, want)
		}
	}
	check("a prompt of 1,000 bytes, nothing known", e.InputMost(1000), 1000+framing)
	check("an answer without a limit, nothing known", e.OutputMost(0), firstLongest)
	check("an answer with a limit", e.OutputMost(50), 50)
	for i := range boundAfter {
		e.Observe(1000, 200+int64(i), 30)
	}
	check("a prompt, the densest so far having 219 tokens in 1,000 bytes", e.InputMost(2000), 2000*denser*0.219+framing)
	check("an answer where none was long", e.OutputMost(0), firstOutput)
	check("an answer with a limit beyond all seen", e.OutputMost(5000), 5000)
	e.Observe(100, 90, 1000)
	check("a prompt where one had nearly a token a byte", e.InputMost(1000), 1000+framing)
	check("an answer, the longest so far having 1,000", e.OutputMost(0), 2000)
	for range 1000 {
		e.Observe(1000, 100, 10)
	}
	check("an answer after many short ones", e.OutputMost(0), 2000)
}
