package lint

import (
	"regexp"
	"strings"
)

// A Command is a command of a shell as a page shows it.
type Command struct {
	Line  int      // of the page, from 1
	Words []string // without quotes; variables before it are left out
}

// codeSpan is a piece of code within a line of Markdown.
var codeSpan = regexp.MustCompile("`([^`]+)`")

// Commands returns the simple commands in the blocks of shell code of a Markdown
// page, and in its spans of code, whatever these are: one that names no program is
// easily told from those that do.
func Commands(page string) (commands []Command) {
	var script strings.Builder // the lines of a command so far
	fence := ""
	for i, line := range strings.Split(page, "\n") {
		add := func(text string) {
			for _, words := range simpleCommands(text) {
				commands = append(commands, Command{i + 1, words})
			}
		}
		switch mark, ok := strings.CutPrefix(strings.TrimSpace(line), "```"); {
		case ok && fence == "":
			fence = "```" + mark
		case ok:
			fence = ""
		case fence == "```sh" || fence == "```console":
			script.WriteString(strings.TrimPrefix(line, "$ "))
			if unended(script.String()) {
				script.WriteByte('\n')
				continue
			}
			add(script.String())
			script.Reset()
		case fence == "":
			for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
				add(span[1])
			}
		}
	}
	return commands
}

// unended reports whether a command goes on in the next line.
func unended(text string) bool {
	bare := shellWord.ReplaceAllString(text, "") // a quote that is not closed is no word
	return strings.ContainsAny(bare, `'"`) || strings.HasSuffix(text, "\\")
}

// simpleCommands splits a line of a shell at pipes and the like, and each part
// into its words. A comment ends it.
func simpleCommands(text string) (list [][]string) {
	var words []string
	end := func() {
		for len(words) > 0 && assignment.MatchString(words[0]) {
			words = words[1:]
		}
		if len(words) > 0 {
			list = append(list, words)
		}
		words = nil
	}
	for _, word := range shellWord.FindAllString(strings.ReplaceAll(text, "\\\n", " "), -1) {
		switch {
		case word[0] == '#':
			end()
			return list
		case strings.ContainsAny(word[:1], "|&;()<>\n"):
			end()
		default:
			words = append(words, quotes.ReplaceAllStringFunc(word, func(s string) string { return s[1 : len(s)-1] }))
		}
	}
	end()
	return list
}

var (
	assignment = regexp.MustCompile(`^[A-Z_]+=`)
	shellWord  = regexp.MustCompile(`#[^\n]*|\n|[|&;()<>]+|(?:'[^']*'|"[^"]*"|[^\s'"|&;()<>])+`)
	quotes     = regexp.MustCompile(`'[^']*'|"[^"]*"`)
)
