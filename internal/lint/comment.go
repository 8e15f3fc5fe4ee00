package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strings"
)

// wellKnown are methods whose interface says all: fmt.Stringer, error,
// heap.Interface, pflag.Value.
var wellKnown = []string{"Error", "Unwrap", "String", "Len", "Less", "Swap", "Push", "Pop", "Type", "Set"}

// Undocumented returns the exported names of fsys without a doc comment, each with
// its place: functions, types, methods of exported types, and variables and
// constants, for which a comment on their group will do. Programs and test files
// are left out.
func Undocumented(fsys fs.FS) (names []string, err error) {
	err = walk(fsys, func(name string) error {
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil || file.Name.Name == "main" {
			return err
		}
		for _, d := range file.Decls {
			for _, id := range bare(d) {
				names = append(names, fmt.Sprintf("%s:%d: %s", name, set.Position(id.Pos()).Line, id.Name))
			}
		}
		return nil
	})
	return names, err
}

// bare returns what a declaration exports without a comment.
func bare(d ast.Decl) (ids []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		of := strings.TrimSuffix(receiver(d), ".")
		if d.Doc == nil && d.Name.IsExported() && (of == "" || ast.IsExported(of) && !slices.Contains(wellKnown, d.Name.Name)) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		if d.Doc != nil {
			return nil
		}
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Doc == nil && spec.Name.IsExported() {
					ids = append(ids, spec.Name)
				}
			case *ast.ValueSpec:
				if spec.Doc == nil && spec.Comment == nil && spec.Names[0].IsExported() {
					ids = append(ids, spec.Names[0])
				}
			}
		}
	}
	return ids
}
