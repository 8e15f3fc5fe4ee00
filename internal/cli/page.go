package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// pageWidth is the width of a help page in columns, and helpColumn the one at
// which the explanations of flags begin.
const (
	pageWidth  = 79
	helpColumn = 27
)

// A page is a command with the help page that explains it: a sentence, worked
// examples, flags grouped by purpose, further sections.
type page struct {
	use      string // "run INPUT..."
	short    string // one line, for the list of commands
	about    string // paragraphs, wrapped when shown
	examples []example
	groups   []*flagGroup
	sections []section
}

// An example is a command line and, above it, what it does.
type example struct{ what, line string }

// A section is a titled block of text, shown as it is.
type section struct{ title, text string }

// A flagGroup is the flags of one purpose, in the order of their definition.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// group adds a group of flags to the page and returns its set to define them
// in. It must be called before command.
func (p *page) group(title string) *pflag.FlagSet {
	set := pflag.NewFlagSet(title, pflag.ContinueOnError)
	set.SortFlags = false
	p.groups = append(p.groups, &flagGroup{title, set})
	return set
}

// command returns the cobra command that runs run and shows p as its help.
func (p *page) command(run func(ctx context.Context, args []string) error) *cobra.Command {
	cmd := &cobra.Command{Use: p.use, Short: p.short, SilenceErrors: true, SilenceUsage: true}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), args) }
	cmd.Flags().SortFlags = false
	for _, g := range p.groups {
		cmd.Flags().AddFlagSet(g.flags)
		g.completeChoices(cmd)
	}
	cmd.SetHelpFunc(func(shown *cobra.Command, args []string) {
		if shown != cmd { // a command of cobra's own below this one
			new(cobra.Command).HelpFunc()(shown, args)
			return
		}
		p.render(cmd.OutOrStdout(), cmd.CommandPath())
	})
	return cmd
}

// completeChoices lets the shell complete the values of flags that have a
// closed set of them.
func (g *flagGroup) completeChoices(cmd *cobra.Command) {
	g.flags.VisitAll(func(f *pflag.Flag) {
		if c, ok := f.Value.(*choice); ok {
			// The error can only be a second registration of the same flag.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(c.allowed, cobra.ShellCompDirectiveNoFileComp))
		}
	})
}

// render writes the page. path is the command's full name.
func (p *page) render(w io.Writer, path string) {
	var b strings.Builder
	writeParagraphs(&b, p.about)
	_, args, _ := strings.Cut(p.use, " ")
	if len(p.groups) > 0 {
		args += " [flags]"
	}
	fmt.Fprintf(&b, "\nUsage\n  %s\n", strings.TrimSpace(path+" "+strings.TrimSpace(args)))
	if len(p.examples) > 0 {
		b.WriteString("\nExamples\n")
	}
	for i, e := range p.examples {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "  # %s\n  %s\n", e.what, strings.ReplaceAll(e.line, "\n", "\n  "))
	}
	for _, g := range p.groups {
		if !g.flags.HasAvailableFlags() {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", g.title)
		g.flags.VisitAll(func(f *pflag.Flag) { writeFlag(&b, f) })
	}
	for _, s := range p.sections {
		fmt.Fprintf(&b, "\n%s\n%s\n", s.title, s.text)
	}
	io.WriteString(w, b.String())
}

// writeFlag writes one flag: its names on the left, the explanation on the
// right, wrapped.
func writeFlag(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	value, text := f.Value.Type(), f.Usage
	if d := f.DefValue; d != "" && d != "false" {
		text += " (default " + d + ")"
	}
	left := "      --" + f.Name
	if f.Shorthand != "" {
		left = "  -" + f.Shorthand + ", --" + f.Name
	}
	if value != "bool" {
		left += " " + value
	}
	for _, line := range wrap(text, pageWidth-helpColumn) {
		if len(left) >= helpColumn {
			b.WriteString(left + "\n")
			left = ""
		}
		fmt.Fprintf(b, "%-*s%s\n", helpColumn, left, line)
		left = ""
	}
}

// writeParagraphs writes text wrapped to the page; an empty line parts
// paragraphs.
func writeParagraphs(b *strings.Builder, text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, line := range wrap(paragraph, pageWidth) {
			b.WriteString(line + "\n")
		}
	}
}

// wrap breaks text at blanks into lines of at most width bytes; a longer word
// stands alone.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
