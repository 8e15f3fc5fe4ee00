package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/command"
)

func TestAnAddressMayFollowItsFlag(t *testing.T) {
	for line, want := range map[string]string{
		"run in.jsonl --ui 127.0.0.1:7777 -q":  "run in.jsonl --ui=127.0.0.1:7777 -q",
		"run --ui in.jsonl":                    "run --ui in.jsonl",
		"run --ui 0 in.jsonl":                  "run --ui=0 in.jsonl",
		"run --ui auto in.jsonl":               "run --ui=auto in.jsonl",
		"run --ui 127.0.0.1:99999 in.jsonl":    "run --ui=127.0.0.1:99999 in.jsonl",
		"run in.jsonl --ui":                    "run in.jsonl --ui",
		"run in.jsonl --ui --quiet":            "run in.jsonl --ui --quiet",
		"run in.jsonl --ui=:1 localhost:2":     "run in.jsonl --ui=:1 localhost:2",
		"run in.jsonl -- --ui 127.0.0.1:7777":  "run in.jsonl -- --ui 127.0.0.1:7777",
		"run in.jsonl --ui localhost:80 -- --": "run in.jsonl --ui=localhost:80 -- --",
	} {
		args := strings.Fields(line)
		if got := joinAddress(slices.Clone(args)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s became %q", line, got)
		}
	}
}

func TestThePagesFlagsAreChecked(t *testing.T) {
	for flags, want := range map[string]string{
		"--ui=nowhere":              `--ui: "nowhere" is no address; write HOST:PORT, such as 127.0.0.1:7777, a port alone, or auto`,
		"--ui 127.0.0.1:99999":      `--ui: "127.0.0.1:99999" is no address; write HOST:PORT`,
		"--ui-stay":                 "--ui-stay is for the page of --ui, which is not given",
		"--ui-token 0123456789abcd": "--ui-token is for the page of --ui, which is not given",
		"--ui=0 --ui-token short":   "--ui-token: the token has 5 characters; take 16 or more, so that it cannot be guessed",
	} {
		code, _, said := runMain(t, `{"text":"a"}`, func(e *command.Env) {
			e.Getenv = environment("OPENAI_API_KEY", "sk-canary", "OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
		}, append([]string{"run", "-", "-o", "-", "-m", "m", "-p", "{{.text}}"}, strings.Fields(flags)...)...)
		if code != command.ExitUsage || !strings.HasPrefix(said, "paceline: "+want) {
			t.Errorf("%s: exit %d, %q, want %q", flags, code, said, want)
		}
	}
}

func TestTheTokenIsThatOfTheFlagOrTheVariable(t *testing.T) {
	env := environment(tokenVariable, "of-the-variable-0123")
	for given, want := range map[string]string{"": "of-the-variable-0123", "of-the-flag-0123456789": "of-the-flag-0123456789"} {
		f := &webFlags{uiToken: given}
		if got, err := f.token(env); err != nil || got.Query() != "?token="+want {
			t.Errorf("%q: %s, %v", given, got.Query(), err)
		}
	}
	f := &webFlags{}
	if _, err := f.token(environment(tokenVariable, "short")); err == nil || !strings.HasPrefix(err.Error(), tokenVariable+": the token has 5") {
		t.Errorf("a short variable: %v", err)
	}
	if got, err := f.token(environment()); err != nil || !got.IsZero() {
		t.Errorf("none: %v, %v", got, err)
	}
}
