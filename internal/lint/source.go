package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// MaxLines is how many lines a function may have, from func to the closing
// brace. One that needs more wants to be two.
const MaxLines = 60

// vague are names that say nothing of what is in a file or package.
var vague = []string{"util", "utils", "common", "helper", "helpers", "types", "misc"}

// A Func is a function's place and length.
type Func struct {
	Name  string // the receiver's type, a dot, and the name
	Where string // file:line
	Lines int
}

// CheckName returns what is wrong with the name of a Go file, "" for nothing.
func CheckName(file string) string {
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".go"), "_test")
	for _, name := range []string{base, path.Base(path.Dir(file))} {
		if slices.Contains(vague, name) {
			return fmt.Sprintf("%s: %q says nothing: name it for its noun", file, name)
		}
	}
	return ""
}

// Funcs returns the functions of every Go file in fsys, test files and hidden
// or testdata folders left out.
func Funcs(fsys fs.FS) (funcs []Func, err error) {
	err = walk(fsys, func(file string) error {
		if strings.HasSuffix(file, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		found, err := measure(file, text)
		funcs = append(funcs, found...)
		return err
	})
	return funcs, err
}

// walk calls fn for every Go file of fsys that is the project's own.
func walk(fsys fs.FS, fn func(file string) error) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		return fn(name)
	})
}

func measure(file string, text []byte) (funcs []Func, err error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range parsed.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		start, end := set.Position(fn.Pos()), set.Position(fn.End())
		funcs = append(funcs, Func{
			Name:  receiver(fn) + fn.Name.Name,
			Where: fmt.Sprintf("%s:%d", file, start.Line),
			Lines: end.Line - start.Line + 1,
		})
	}
	return funcs, nil
}

func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}
	t := fn.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}
