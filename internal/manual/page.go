// Package manual is the help pages of the commands, and what is said of flags that
// are wrong.
package manual

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// Width is the width of a help page in columns, and helpColumn the one at
// which the explanations of flags begin.
const (
	Width      = 79
	helpColumn = 27
)

// A Page is a command with the help page that explains it: a sentence, worked
// examples, flags grouped by purpose, further sections.
type Page struct {
	Use      string // "run INPUT..."
	Short    string // one line, for the list of commands
	About    string // paragraphs, wrapped when shown
	Examples []Example
	Groups   []*flagGroup
	Sections []Section
}

// An Example is a command line and, above it, what it does.
type Example struct{ What, Line string }

// A Section is a titled block of text, shown as it is.
type Section struct{ Title, Text string }

// A flagGroup is the flags of one purpose, in the order of their definition.
type flagGroup struct {
	Title string
	Flags *pflag.FlagSet
}

// Group adds a group of flags to the page and returns its set to define them
// in. It must be called before command.
func (p *Page) Group(title string) *pflag.FlagSet {
	set := pflag.NewFlagSet(title, pflag.ContinueOnError)
	set.SortFlags = false
	p.Groups = append(p.Groups, &flagGroup{title, set})
	return set
}

// Command returns the cobra command that runs run and shows p as its help. A flag
// given twice, with different values, is an error unless it collects them.
func (p *Page) Command(run func(ctx context.Context, args []string) error) *cobra.Command {
	cmd := &cobra.Command{Use: p.Use, Short: p.Short, SilenceErrors: true, SilenceUsage: true}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), args) }
	cmd.Flags().SortFlags = false
	for _, g := range p.Groups {
		cmd.Flags().AddFlagSet(g.Flags)
		g.completeChoices(cmd)
		value.OnlyOnce(g.Flags)
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
	g.Flags.VisitAll(func(f *pflag.Flag) {
		if c, ok := f.Value.(*value.Choice); ok {
			// The error can only be a second registration of the same flag.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(c.Allowed, cobra.ShellCompDirectiveNoFileComp))
		}
	})
}

// render writes the page. path is the command's full name.
func (p *Page) render(w io.Writer, path string) {
	var b strings.Builder
	writeParagraphs(&b, p.About)
	_, args, _ := strings.Cut(p.Use, " ")
	if len(p.Groups) > 0 {
		args += " [flags]"
	}
	fmt.Fprintf(&b, "\nUsage\n  %s\n", strings.TrimSpace(path+" "+strings.TrimSpace(args)))
	if len(p.Examples) > 0 {
		b.WriteString("\nExamples\n")
	}
	for i, e := range p.Examples {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "  # %s\n  %s\n", e.What, strings.ReplaceAll(e.Line, "\n", "\n  "))
	}
	for _, g := range p.Groups {
		if !g.Flags.HasAvailableFlags() {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", g.Title)
		g.Flags.VisitAll(func(f *pflag.Flag) { writeFlag(&b, f) })
	}
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n%s\n%s\n", s.Title, s.Text)
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
	for _, line := range prose.Wrap(text, Width-helpColumn) {
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
		for _, line := range prose.Wrap(paragraph, Width) {
			b.WriteString(line + "\n")
		}
	}
}
