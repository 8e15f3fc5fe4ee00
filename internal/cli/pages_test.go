package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/lint"
)

// shown are the pages that show commands to users.
func shown(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(paths) == 0 {
		t.Fatal("no pages", err)
	}
	pages := map[string]string{}
	for _, path := range append(paths, "../../README.md", "../../CHANGELOG.md", "../../CONTRIBUTING.md", "../../ARCHITECTURE.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pages[strings.TrimPrefix(path, "../../")] = string(text)
	}
	return pages
}

// Every command line that a page shows is one that the program takes.
func TestPagesShowCommandsThatExist(t *testing.T) {
	checked := 0
	for path, page := range shown(t) {
		for _, c := range lint.Commands(page) {
			if c.Words[0] != "paceline" || len(c.Words) > 1 && c.Words[1] == "Engine" { // a client that was measured
				continue
			}
			checked++
			if err := takes(c.Words[1:]); err != nil {
				t.Errorf("%s:%d: %s: %v", path, c.Line, strings.Join(c.Words, " "), err)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d commands were found: are they still read?", checked)
	}
}

// Every example of a help page is one, too.
func TestHelpShowsCommandsThatExist(t *testing.T) {
	for _, name := range append(commandNames(newRootCommand(&command.Env{})), "") {
		var out bytes.Buffer
		if code := Main(t.Context(), command.Env{Args: strings.Fields(name + " --help"), Stdout: &out, Stderr: io.Discard}); code != command.ExitDone {
			t.Fatalf("%s --help ends with %d", name, code)
		}
		_, examples, _ := strings.Cut(out.String(), "\nExamples\n")
		examples, _, _ = strings.Cut(examples, "\n\n"+nextTitle(examples))
		checked := 0
		for _, c := range lint.Commands("```sh\n" + examples + "\n```") {
			if c.Words[0] != "paceline" {
				continue
			}
			checked++
			if err := takes(c.Words[1:]); err != nil {
				t.Errorf("%s --help: %s: %v", name, strings.Join(c.Words, " "), err)
			}
		}
		if checked == 0 && name != "version" {
			t.Errorf("%s --help shows no example", name)
		}
	}
}

// nextTitle returns the first line of a help page that is not indented.
func nextTitle(page string) string {
	for line := range strings.Lines(page) {
		if line[0] != ' ' && line[0] != '\n' {
			return line
		}
	}
	return ""
}

// takes returns why the program would not take arguments: a command, a flag, a
// value of one, a topic or an order that it does not know. Names in capitals, and
// dots, stand for what the reader has.
func takes(args []string) error {
	root := newRootCommand(&command.Env{})
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	rest = slices.DeleteFunc(slices.Clone(rest), func(arg string) bool { return arg == "..." })
	if err := cmd.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
		return err
	}
	switch rest := cmd.Flags().Args(); {
	case len(rest) == 0:
		return nil
	case cmd == root:
		return unknownCommand(root, rest)
	case cmd.Name() == "help":
		root.SetOut(io.Discard)
		return showHelp(root, rest)
	case cmd.Name() == "ctl":
		_, err = new(ctlFlags).order(rest[1:])
	}
	return err
}

// flagSpan is a flag in a span of code.
var flagSpan = regexp.MustCompile("`(--[a-z][a-z-]+)")

// Every flag that a user's page names is one of some command.
func TestPagesNameFlagsThatExist(t *testing.T) {
	flags := map[string]bool{}
	for _, cmd := range newRootCommand(&command.Env{}).Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags["--"+f.Name] = true })
	}
	for path, page := range shown(t) {
		for i, line := range strings.Split(page, "\n") {
			for _, m := range flagSpan.FindAllStringSubmatch(line, -1) {
				if !flags[m[1]] {
					t.Errorf("%s:%d: no command has %s", path, i+1, m[1])
				}
			}
		}
	}
}
