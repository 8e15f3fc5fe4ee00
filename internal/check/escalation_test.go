package check

import (
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

func mustParse(t *testing.T, arg string) Escalation {
	t.Helper()
	e, err := ParseEscalation(arg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestParseEscalation(t *testing.T) {
	e := mustParse(t, `ask=3,model=gpt-4o,stop=["a,b","c"],temperature=1,logit_bias={"1":2,"3":4}`)
	got := []string{}
	for _, p := range e.Params {
		got = append(got, p.Name+"="+string(p.Value))
	}
	want := `model="gpt-4o" stop=["a,b","c"] temperature=1 logit_bias={"1":2,"3":4}`
	if e.From != 3 || strings.Join(got, " ") != want {
		t.Errorf("from %d: %s", e.From, got)
	}
	for arg, want := range map[string]string{
		"":                      "write it as name=value",
		"ask=3":                 "it changes nothing",
		"ask=x,model=m":         `ask="x": the first answer`,
		"ask=1,model=m":         "ask=2",
		"model=3":               `model='"3"'`,
		"a.b=3":                 `"a.b" is not the name of a parameter`,
		"messages=[]":           "cannot be escalated",
		"model=m,temperature=,": "write it as name=value",
		`stop=["a`:              "is not valid JSON",
	} {
		if _, err := ParseEscalation(arg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", arg, err)
		}
	}
}

func TestAskingAgain(t *testing.T) {
	first := &paceline.Request{Model: "small", Body: []byte(`{"model":"small","seed":12345678901234567890,"messages":[{"role":"user","content":"q"}]}`)}
	ask := func(n int, code paceline.Code) paceline.Ask {
		return paceline.Ask{First: first, Request: first, Number: n, Err: &paceline.Error{Code: code, Message: "no"},
			Response: &paceline.Response{Choices: []paceline.Choice{{Content: quoted("a")}}}}
	}
	a := Asking{Feedback: true, Escalations: []Escalation{mustParse(t, "temperature=1"), mustParse(t, "ask=4,model=large")}}
	invalid := paceline.CodeInvalidAnswer
	for n, want := range map[int]string{
		2: `{"model":"small","seed":12345678901234567890,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"},`,
		4: `{"model":"large","seed":12345678901234567890,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"},`,
	} {
		got := a.Again(ask(n, invalid))
		if !strings.HasPrefix(string(got.Body), want) || !strings.HasSuffix(string(got.Body), `,"temperature":1}`) {
			t.Errorf("answer %d: %s", n, got.Body)
		}
		if model := map[int]string{2: "small", 4: "large"}[n]; got.Model != model {
			t.Errorf("answer %d is asked of %s", n, got.Model)
		}
	}
	// A withheld answer is asked for again where something else is asked for.
	for n, want := range map[int]bool{2: true, 3: false, 4: true} {
		got := a.Again(ask(n, paceline.CodeRefused))
		if (got != nil) != want || got != nil && strings.Contains(string(got.Body), "assistant") {
			t.Errorf("answer %d after a refusal: %v", n, got)
		}
	}
	if got := (Asking{}).Again(ask(2, invalid)); got != first {
		t.Error("without feedback another request is sent:", got)
	}
	if got := (Asking{}).Again(ask(2, paceline.CodeContentFilter)); got != nil {
		t.Error("what was filtered is asked for again:", got)
	}
	if string(first.Body) != `{"model":"small","seed":12345678901234567890,"messages":[{"role":"user","content":"q"}]}` {
		t.Errorf("the item's request was changed: %s", first.Body)
	}
}
