package lint

import (
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// pages returns the project's pages by their path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, pattern := range []string{"/*.md", "/docs/*.md"} {
		paths, err := filepath.Glob(root + pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal("no pages", err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name, _ := filepath.Rel(root, path)
			pages[filepath.ToSlash(name)] = string(text)
		}
	}
	return pages
}

// From README.md a reader comes to every page, and no link leads nowhere.
func TestEveryPageIsReached(t *testing.T) {
	pages := pages(t)
	reached := []string{"README.md"}
	for i := 0; i < len(reached); i++ {
		from := reached[i]
		for _, target := range Links(pages[from]) {
			file, anchor, _ := strings.Cut(target, "#")
			to := path.Join(path.Dir(from), file)
			if file == "" {
				to = from
			}
			if _, err := os.Stat(root + "/" + to); err != nil {
				t.Errorf("%s links to %s: %v", from, target, err)
			}
			if anchor != "" && !Anchors(pages[to])[anchor] {
				t.Errorf("%s links to %s, and no heading there is called so", from, target)
			}
			if _, is := pages[to]; is && !slices.Contains(reached, to) {
				reached = append(reached, to)
			}
		}
	}
	for name := range pages {
		if !slices.Contains(reached, name) {
			t.Errorf("no link leads to %s", name)
		}
	}
}

// targetNamed is a target of the Makefile.
var targetNamed = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)

func TestPagesNameTargetsThatExist(t *testing.T) {
	makefile, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range targetNamed.FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	checked := 0
	for name, page := range pages(t) {
		for _, c := range Commands(page) {
			if c.Words[0] != "make" {
				continue
			}
			for _, word := range c.Words[1:] {
				if strings.Contains(word, "=") || word == "..." {
					continue
				}
				checked++
				if !targets[word] {
					t.Errorf("%s:%d: the Makefile has no target %s", name, c.Line, word)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d targets were found: are they still read?", checked)
	}
}

// sourceNamed is a Go file in a span of code, such as journal/trip.go.
var sourceNamed = regexp.MustCompile("`([a-z0-9_/]+\\.go)`")

func TestPagesNameFilesThatExist(t *testing.T) {
	var files []string
	if err := walk(os.DirFS(root), func(file string) error { files = append(files, "/"+file); return nil }); err != nil {
		t.Fatal(err)
	}
	for name, page := range pages(t) {
		for _, m := range sourceNamed.FindAllStringSubmatch(page, -1) {
			if !slices.ContainsFunc(files, func(file string) bool { return strings.HasSuffix(file, "/"+m[1]) }) {
				t.Errorf("%s names %s, and no file is called so", name, m[1])
			}
		}
	}
}

// ARCHITECTURE.md says of every room what it is responsible for, and the table has
// no room that is not there.
func TestEveryRoomIsOnThePage(t *testing.T) {
	page := pages(t)["ARCHITECTURE.md"]
	for _, room := range Rooms {
		if _, err := os.Stat(root + "/" + room.Name); err != nil {
			t.Errorf("the table has a room that is not there: %v", err)
		}
		named := strings.Contains(page, "`"+room.Name+"`") || strings.Contains(page, "`"+strings.TrimPrefix(room.Name, "internal/")+"`")
		if !named && room.Name != "." {
			t.Errorf("ARCHITECTURE.md does not name %s", room.Name)
		}
	}
}

func TestCommands(t *testing.T) {
	page := "Run `make a` or `A=1 b 'c d' | e`.\n\n" +
		"```sh\n$ f --g=\"h i\" \\\n  j  # k\nl -m 'n\no' && p > q\n```\n\n```json\n\"not `r`\"\n```\n`s`\n"
	want := []Command{
		{1, []string{"make", "a"}}, {1, []string{"b", "c d"}}, {1, []string{"e"}},
		{5, []string{"f", "--g=h i", "j"}}, {7, []string{"l", "-m", "n\no"}}, {7, []string{"p"}}, {7, []string{"q"}}, {13, []string{"s"}},
	}
	if got := Commands(page); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestLinks(t *testing.T) {
	page := "# A *b*: c\n[x](y.md#z) [w](https://v) <a href=\"u.md\"><img src=\"t.png\"></a>\n```\n[not](s)\n# r\n```\n"
	if got := Links(page); !slices.Equal(got, []string{"y.md#z", "u.md", "t.png"}) {
		t.Errorf("got %q", got)
	}
	if got := Anchors(page); len(got) != 1 || !got["a-b-c"] {
		t.Errorf("got %v", got)
	}
}

func TestPagesNameWhatIsExported(t *testing.T) {
	api, err := ReadAPI(os.DirFS(root), ".", "sim", "dataset", "journal", "metrics", "provider/openai", "provider/providertest")
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range pages(t) {
		for _, missing := range api.MissingNames(page) {
			t.Errorf("%s names %s, which nothing exports", name, missing)
		}
	}
}

func TestAPI(t *testing.T) {
	fsys := fstest.MapFS{
		"a.go":        {Data: []byte("package paceline\n\ntype A struct {\n\tB []*C\n\tD map[string]int\n\tE\n}\n\ntype C struct{ F s.G }\n\ntype E struct{ H int }\n\nfunc (a *A) I() {}\n")},
		"s/s.go":      {Data: []byte("package s\n\nimport \"x/paceline\"\n\ntype G interface{ J() }\n\nvar K paceline.A\n\ntype L struct{ M *paceline.A }\n")},
		"s/s_test.go": {Data: []byte("package s\n\ntype N struct{}\n")},
	}
	api, err := ReadAPI(fsys, ".", "s")
	if err != nil {
		t.Fatal(err)
	}
	page := "`A.B` `A.B.F.J` `A.D` `A.E.H` `A.H` `A.I()` `s.K` `s.L.M.B` `paceline.A` `http.Handler` `A` `s.g`"
	if missing := api.MissingNames(page); len(missing) > 0 {
		t.Errorf("%q are said to be missing", missing)
	}
	want := []string{"A.F", "A.B.B", "O.B", "s.N", "s.L.N", "paceline.O"}
	if got := api.MissingNames("`" + strings.Join(want, "` `") + "`"); !slices.Equal(got, want) {
		t.Errorf("missing are %q, want %q", got, want)
	}
}
