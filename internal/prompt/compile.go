package prompt

import (
	"fmt"
	"strings"
	"text/template/parse"

	"github.com/seed-1814a72b/paceline/internal/spelling"
)

// compiler rewrites a template's tree: every field access becomes a call of
// field or maybe, so that a missing field is an error of ours. It also checks
// the functions' names.
//
// A field may be missing where the template asks whether it is there: alone in
// the condition of an if or a with, and as an argument of and, or, not and
// default, also when it is piped into default.
type compiler struct {
	name, source string
	tmpl         *tmpl
	err          error
}

func (c *compiler) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		c.node(n)
	}
}

func (c *compiler) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ActionNode:
		c.pipe(n.Pipe, false)
	case *parse.IfNode:
		c.branch(&n.BranchNode, true)
	case *parse.WithNode:
		c.branch(&n.BranchNode, true)
	case *parse.RangeNode:
		c.branch(&n.BranchNode, false)
		n.Pipe.Cmds = append(n.Pipe.Cmds, call(n.Pipe.Pos, rangeFunc))
	case *parse.TemplateNode:
		c.pipe(n.Pipe, false)
	}
}

func (c *compiler) branch(b *parse.BranchNode, lenient bool) {
	c.pipe(b.Pipe, lenient)
	c.list(b.List)
	c.list(b.ElseList)
}

// pipe rewrites a pipeline. Lenient: a field that is all of it may be missing.
func (c *compiler) pipe(p *parse.PipeNode, lenient bool) {
	if p == nil {
		return
	}
	for i, cmd := range p.Cmds {
		piped := i+1 < len(p.Cmds) && funcName(p.Cmds[i+1]) == "default"
		c.command(cmd, piped || lenient && len(p.Cmds) == 1)
	}
}

// command rewrites a command's words. Lenient: a field that is all of it, or
// that it looks up by index, may be missing.
func (c *compiler) command(cmd *parse.CommandNode, lenient bool) {
	name := funcName(cmd)
	switch name {
	case "and", "or", "not", "default":
		lenient = true
	case "index":
	default:
		lenient = lenient && len(cmd.Args) == 1
	}
	for i, arg := range cmd.Args {
		cmd.Args[i] = c.word(arg, lenient)
	}
	if name == "index" && lenient {
		cmd.Args[0] = parse.NewIdentifier(maybeIndexFunc).SetPos(cmd.Pos)
	}
}

func funcName(cmd *parse.CommandNode) string {
	if id, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		return id.Ident
	}
	return ""
}

func (c *compiler) word(n parse.Node, lenient bool) parse.Node {
	switch n := n.(type) {
	case *parse.IdentifierNode:
		c.function(n)
	case *parse.DotNode:
		c.tmpl.whole = true
	case *parse.PipeNode:
		c.pipe(n, lenient)
	case *parse.FieldNode:
		c.tmpl.names[n.Ident[0]] = true
		return access(n.Pos, &parse.DotNode{NodeType: parse.NodeDot, Pos: n.Pos}, "", n.Ident, lenient)
	case *parse.VariableNode:
		return c.variable(n, lenient)
	case *parse.ChainNode:
		return access(n.Pos, c.word(n.Node, lenient), "(...)", n.Field, lenient)
	}
	return n
}

func (c *compiler) variable(n *parse.VariableNode, lenient bool) parse.Node {
	if n.Ident[0] == "$" {
		if len(n.Ident) == 1 {
			c.tmpl.whole = true
		} else {
			c.tmpl.names[n.Ident[1]] = true
		}
	}
	if len(n.Ident) == 1 {
		return n
	}
	base := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: n.Pos, Ident: n.Ident[:1]}
	return access(n.Pos, base, n.Ident[0], n.Ident[1:], lenient)
}

// function checks that a function exists.
func (c *compiler) function(n *parse.IdentifierNode) {
	names := append([]string{}, builtins...)
	for _, f := range functions {
		names = append(names, f.Name)
	}
	for _, name := range names {
		if name == n.Ident {
			return
		}
	}
	if c.err != nil {
		return
	}
	problem := fmt.Sprintf("there is no function %q", n.Ident)
	if near := spelling.Nearest(n.Ident, names); near != "" {
		problem += fmt.Sprintf(" (did you mean %q?)", near)
	} else {
		problem += fmt.Sprintf("; for a field write .%s, or index . \"its name\" if it has blanks or signs", n.Ident)
	}
	c.err = fmt.Errorf("%s: %s", c.position(n.Pos), problem)
}

// position returns "name:line:column".
func (c *compiler) position(pos parse.Pos) string {
	before := c.source[:min(int(pos), len(c.source))]
	column := len(before) - strings.LastIndexByte(before, '\n')
	return fmt.Sprintf("%s:%d:%d", c.name, 1+strings.Count(before, "\n"), column)
}

// access makes the call that fetches a field: (_field base prefix names...).
func access(pos parse.Pos, base parse.Node, prefix string, names []string, lenient bool) parse.Node {
	function := fieldFunc
	if lenient {
		function = maybeFunc
	}
	args := []parse.Node{base, word(pos, prefix)}
	for _, name := range names {
		args = append(args, word(pos, name))
	}
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{call(pos, function, args...)}}
}

func call(pos parse.Pos, function string, args ...parse.Node) *parse.CommandNode {
	id := parse.NewIdentifier(function).SetPos(pos)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: append([]parse.Node{id}, args...)}
}

func word(pos parse.Pos, s string) parse.Node {
	return &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: fmt.Sprintf("%q", s), Text: s}
}
