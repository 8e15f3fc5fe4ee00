package lint

import (
	"io/fs"
	"regexp"
	"strings"
)

var (
	testNamed    = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
	testDeclared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
)

// MissingTests returns the tests that a page names in backquotes and that no
// test file of fsys declares, in the order of the page.
func MissingTests(fsys fs.FS, page string) (missing []string, err error) {
	declared := make(map[string]bool)
	err = walk(fsys, func(file string) error {
		if !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(fsys, file)
		for _, match := range testDeclared.FindAllStringSubmatch(string(text), -1) {
			declared[match[1]] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, match := range testNamed.FindAllStringSubmatch(page, -1) {
		if !declared[match[1]] {
			missing = append(missing, match[1])
		}
	}
	return missing, nil
}
