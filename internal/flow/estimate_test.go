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
