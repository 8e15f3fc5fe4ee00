package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/command"
)

// environment returns an environment of these variables, a name before its value.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// runMain runs the program on an environment of buffers.
func runMain(t *testing.T, stdin string, edit func(*command.Env), args ...string) (code int, stdout, stderr string) {
	t.Helper()
	env, stop := command.System()
	stop()
	var out, errs bytes.Buffer
	env.Args, env.Stdin, env.Stdout, env.Stderr = args, strings.NewReader(stdin), &out, &errs
	env.Getenv = environment()
	env.StdinTerminal, env.StdoutTerminal, env.StderrTerminal = false, false, false
	env.Size = func() (int, int) { return 80, 24 }
	if edit != nil {
		edit(&env)
	}
	code = Main(t.Context(), env)
	return code, out.String(), errs.String()
}

func TestHelpFitsATerminal(t *testing.T) {
	pages := [][]string{
		{"--help"}, {"run", "--help"}, {"ctl", "--help"}, {"sim", "--help"}, {"demo", "--help"}, {"version", "--help"},
		{"help", "prompts"}, {"help", "formats"}, {"help", "environment"}, {"help", "exit-codes"},
	}
	for _, args := range pages {
		code, page, errs := runMain(t, "", nil, args...)
		if code != 0 || errs != "" || strings.TrimSpace(page) == "" {
			t.Errorf("%v: exit %d, %q", args, code, errs)
		}
		for line := range strings.Lines(page) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
				t.Errorf("%v: a line of %d columns: %s", args, n, line)
			}
		}
	}
}

func TestRunHelpTellsAllItsFlags(t *testing.T) {
	_, help, _ := runMain(t, "", nil, "run", "--help")
	p := runPage()
	defaultRunFlags().define(p)
	for _, g := range p.Groups {
		if !strings.Contains(help, "\n"+g.Title+"\n") {
			t.Errorf("no section %q", g.Title)
		}
		g.Flags.VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(help, "--"+f.Name+" ") && !strings.Contains(help, "--"+f.Name+"\n") {
				t.Errorf("--%s is not told", f.Name)
			}
		})
	}
	for _, want := range []string{"Usage\n  paceline run INPUT... [flags]\n", "(default 15m)", "(default auto)", "Exit codes\n  0    all done"} {
		if !strings.Contains(help, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
