package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// API is what packages export, by name: "Config" of the library, "sim.Config" of
// others. A struct or interface has its members, each with the name of its type,
// "" for one that has none in the module.
type API map[string]map[string]string

// dotted is a name in a span of code that may be the API's: a type and a member,
// a package and something of it, or longer.
var dotted = regexp.MustCompile("`((?:[a-z0-9]+\\.)?[A-Z][A-Za-z0-9]*(?:\\.[A-Z][A-Za-z0-9]*)*)(?:\\(\\))?`")

// ReadAPI reads what the packages in folders of fsys export. "." is the library.
func ReadAPI(fsys fs.FS, folders ...string) (API, error) {
	api := API{}
	for _, folder := range folders {
		files, err := fs.Glob(fsys, path.Join(folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			api.add(file, folder)
		}
	}
	return api, nil
}

func (api API) add(file *ast.File, folder string) {
	prefix := file.Name.Name + "."
	if folder == "." {
		prefix = ""
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			of := strings.TrimSuffix(receiver(d), ".")
			if of == "" {
				api.of(prefix + d.Name.Name)
			} else {
				api.of(prefix + of)[d.Name.Name] = ""
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				api.spec(spec, prefix)
			}
		}
	}
}

func (api API) of(name string) map[string]string {
	if api[name] == nil {
		api[name] = map[string]string{}
	}
	return api[name]
}

func (api API) spec(spec ast.Spec, prefix string) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			api.of(prefix + name.Name)
		}
	case *ast.TypeSpec:
		members := api.of(prefix + spec.Name.Name)
		switch t := spec.Type.(type) {
		case *ast.StructType:
			addFields(members, t.Fields, prefix)
		case *ast.InterfaceType:
			addFields(members, t.Methods, prefix)
		}
	}
}

// addFields adds fields, of which one without a name is embedded.
func addFields(members map[string]string, fields *ast.FieldList, prefix string) {
	for _, f := range fields.List {
		named := typeName(f.Type, prefix)
		for _, name := range f.Names {
			members[name.Name] = named
		}
		if len(f.Names) == 0 {
			members[named[strings.LastIndexByte(named, '.')+1:]] = named
			members[""] = named
		}
	}
}

// typeName is the name in the API of a field's type, or of what it is a list, a
// map or a pointer of.
func typeName(t ast.Expr, prefix string) string {
	switch t := t.(type) {
	case *ast.Ident:
		return prefix + t.Name
	case *ast.StarExpr:
		return typeName(t.X, prefix)
	case *ast.ArrayType:
		return typeName(t.Elt, prefix)
	case *ast.MapType:
		return typeName(t.Value, prefix)
	case *ast.SelectorExpr:
		if of, ok := t.X.(*ast.Ident); ok && of.Name != "paceline" {
			return of.Name + "." + t.Sel.Name
		}
		return t.Sel.Name
	}
	return ""
}

// Has reports whether there is something of a dotted name.
func (api API) Has(name string) bool {
	parts := strings.Split(strings.TrimPrefix(name, "paceline."), ".")
	of, rest := parts[0], parts[1:]
	if _, ok := api[of]; !ok && len(rest) > 0 {
		of, rest = of+"."+rest[0], rest[1:]
	}
	members, ok := api[of]
	for _, part := range rest {
		if _, is := members[part]; !is && members[""] != "" {
			members = api[members[""]] // of what is embedded
		}
		named, is := members[part]
		if !ok || !is {
			return false
		}
		members = api[named]
	}
	return ok
}

// MissingNames returns the dotted names in the spans of code of a page that are
// not there, those of other packages than api was read of left out.
func (api API) MissingNames(page string) (missing []string) {
	packages := map[string]bool{"paceline": true}
	for name := range api {
		if pkg, _, ok := strings.Cut(name, "."); ok {
			packages[pkg] = true
		}
	}
	for _, m := range dotted.FindAllStringSubmatch(page, -1) {
		first, _, ok := strings.Cut(m[1], ".")
		if ok && (ast.IsExported(first) || packages[first]) && !api.Has(m[1]) {
			missing = append(missing, m[1])
		}
	}
	return missing
}
