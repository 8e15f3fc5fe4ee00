package web

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What TestMain has prepared for the tests.
var (
	chromium string // the browser
	binary   string // paceline
)

func TestMain(m *testing.M) {
	if chromium = findChromium(); chromium == "" {
		fmt.Println("e2e-web: skipped: there is no Chromium; `apt-get install chromium`, or name one in PACELINE_CHROMIUM")
		return
	}
	dir, err := os.MkdirTemp("", "paceline-e2e-web-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e-web:", err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "paceline")
	build := exec.Command("go", "build", "-o", binary, "./cmd/paceline")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e-web: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func findChromium() string {
	for _, name := range []string{os.Getenv("PACELINE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	return ""
}
