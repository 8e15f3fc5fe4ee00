package manual

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/value"
)

// shown returns the help of a page with two flags.
func shown(t *testing.T, args ...string) (text string, err error) {
	t.Helper()
	format, rows := "text", int64(7)
	p := &Page{
		Use: "draw FILE", Short: "draws", About: "Draws a file.\n\nAnd more.",
		Examples: []Example{{"One", "draw a"}, {"Two\n", "draw b\ndraw c"}}, Sections: []Section{{"Notes", "  none"}},
	}
	s := p.Group("Form")
	s.Var(&value.Choice{To: &format, Allowed: []string{"text", "json"}}, "format", "how it is drawn")
	s.VarP(value.Count{To: &rows, Min: 1}, "rows", "n", strings.Repeat("many words ", 12))
	cmd := p.Command(func(context.Context, []string) error { return errors.New("ran") })
	cmd.SetFlagErrorFunc(FlagError)
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestAPageShowsWhatItHas(t *testing.T) {
	text, err := shown(t, "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Draws a file.\n\nAnd more.\n", "Usage\n  draw FILE [flags]\n", "  # One\n  draw a\n", "  draw b\n  draw c\n",
		"Form\n      --format text|json   how it is drawn (default text)\n", "  -n, --rows N", "Notes\n  none\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if len(line) > Width+1 {
			t.Errorf("a line of %d columns: %s", len(line), line)
		}
	}
}

func TestWhatIsWrongWithAFlagIsOneLineWithTheRemedy(t *testing.T) {
	for args, want := range map[string]string{
		"--formt=json":  "unknown flag --formt; did you mean --format?",
		"--format=yaml": `--format: "yaml" is not known; it is one of text, json`,
		"--rows":        "--rows needs a value; see 'draw --help'",
		"-x":            "unknown flag -x; see 'draw --help'",
		"--api-key=sk":  "a key is never given on the command line",
	} {
		_, err := shown(t, args)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "sk\n") {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}
