package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// root is the module's folder, seen from this package's.
const root = "../.."

func TestImportsPointDown(t *testing.T) {
	for _, pkg := range packages(t) {
		for _, fault := range CheckImports(pkg.ImportPath, pkg.Imports) {
			t.Error(fault)
		}
	}
}

func TestNamesSayWhatTheyHold(t *testing.T) {
	err := walk(os.DirFS(root), func(file string) error {
		if fault := CheckName(file); fault != "" {
			t.Error(fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFunctionsAreShort(t *testing.T) {
	funcs, err := Funcs(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(funcs, func(a, b Func) int { return b.Lines - a.Lines })
	if len(funcs) == 0 {
		t.Fatal("no functions were found")
	}
	for _, f := range funcs {
		if f.Lines > MaxLines {
			t.Errorf("%s: %s has %d lines, at most %d may be", f.Where, f.Name, f.Lines, MaxLines)
		}
	}
	t.Logf("%d functions, median %d lines, nine in ten within %d; the longest:",
		len(funcs), funcs[len(funcs)/2].Lines, funcs[len(funcs)/10].Lines)
	for _, f := range funcs[:min(5, len(funcs))] {
		t.Logf("%3d  %s  %s", f.Lines, f.Name, f.Where)
	}
}

// namesTests checks that every test that a page names is declared, and returns
// the page.
func namesTests(t *testing.T, path string) string {
	t.Helper()
	page, err := os.ReadFile(root + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	missing, err := MissingTests(os.DirFS(root), string(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range missing {
		t.Errorf("%s names %s, which no test file declares", path, name)
	}
	return string(page)
}

func TestInvariantsNameTestsThatExist(t *testing.T) {
	namesTests(t, "docs/INVARIANTS.md")
}

// docs/RELIABILITY.md has a row for every fault that concerns a run.
func TestReliabilityNamesTestsThatExist(t *testing.T) {
	page := namesTests(t, "docs/RELIABILITY.md")
	for fault := 1; fault <= 69; fault++ {
		row := fmt.Sprintf("\n| %d | ", fault)
		if (fault < 63 || fault > 65) && strings.Count(page, row) != 1 {
			t.Errorf("fault %d has no row in docs/RELIABILITY.md, or several", fault)
		}
	}
}

func TestMissingTests(t *testing.T) {
	fsys := fstest.MapFS{"a_test.go": {Data: []byte("package a\n\nfunc TestThere(t *testing.T) {}\n")}}
	missing, err := MissingTests(fsys, "| x | `TestThere`, `TestGone`, `make x`, TestBare |")
	if err != nil || !slices.Equal(missing, []string{"TestGone"}) {
		t.Errorf("got %q, %v", missing, err)
	}
}

func TestCheckImports(t *testing.T) {
	for _, tt := range []struct {
		pkg, imports string
		allowed      bool
	}{
		{Module + "/cmd/paceline", Module + "/internal/cli", true},
		{Module + "/cmd/paceline", Module, false},
		{Module + "/internal/cli", Module + "/sim", true},
		{Module + "/internal/cli", Module + "/cmd/paceline", false},
		{Module + "/internal/report", Module + "/internal/cli", false},
		{Module + "/internal/report", Module + "/internal/dash", false},
		{Module, Module + "/internal/flow", true},
		{Module, Module + "/provider/openai", false},
		{Module, Module + "/internal/sse", false},
		{Module + "/provider/openai", Module + "/provider/openai/internal/rawjson", true},
		{Module + "/provider/openai/internal/rawjson", Module + "/internal/sse", true},
		{Module + "/provider/openai", Module + "/sim", false},
		{Module + "/sim", Module + "/dataset", false},
		{Module + "/journal", Module, false},
		{Module + "/journal", "os", true},
		{Module + "/internal/nowhere", "os", false},
		{Module + "-other/x", Module, false},
	} {
		faults := CheckImports(tt.pkg, []string{tt.imports})
		if (len(faults) == 0) != tt.allowed {
			t.Errorf("%s imports %s: %q", tt.pkg, tt.imports, faults)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, good := range map[string]bool{
		"price.go": true, "utility.go": true, "internal/price/price_test.go": true,
		"util.go": false, "sim/helpers.go": false, "sim/types_test.go": false, "common/x.go": false,
	} {
		if fault := CheckName(name); (fault == "") != good {
			t.Errorf("%s: %q", name, fault)
		}
	}
}

func TestFuncs(t *testing.T) {
	fsys := fstest.MapFS{
		"a.go":          {Data: []byte("package a\n\nfunc (t *T[K]) M() {\n}\n\nfunc F() {}\n")},
		"a_test.go":     {Data: []byte("package a\nfunc Skipped() {}\n")},
		".hidden/b.go":  {Data: []byte("nonsense")},
		"testdata/c.go": {Data: []byte("nonsense")},
		"notes.txt":     {Data: []byte("nonsense")},
	}
	funcs, err := Funcs(fsys)
	want := []Func{{"T.M", "a.go:3", 2}, {"F", "a.go:6", 1}}
	if err != nil || !slices.Equal(funcs, want) {
		t.Errorf("got %v, %v", funcs, err)
	}
	if _, err := Funcs(fstest.MapFS{"bad.go": {Data: []byte("nonsense")}}); err == nil {
		t.Error("a file that does not parse was accepted")
	}
	if _, err := Funcs(fstest.MapFS{"d.go": {Mode: fs.ModeDir}}); err != nil {
		t.Errorf("a folder called d.go: %v", err)
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

// packages lists the module's packages with what their code, tests aside,
// imports.
func packages(t *testing.T) (pkgs []listed) {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "-tags", "e2e,bench", "./...")
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg listed
		switch err := d.Decode(&pkg); err {
		case nil:
			pkgs = append(pkgs, pkg)
		case io.EOF:
			return pkgs
		default:
			t.Fatal(err)
		}
	}
}
