package command

import (
	"os/exec"
	"path/filepath"
	"runtime"
)

// openInBrowser shows a file in the browser of whoever is logged in.
func openInBrowser(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	words := browser(runtime.GOOS, abs)
	return exec.Command(words[0], words[1:]...).Run()
}

// browser returns the command that shows a file.
func browser(system, path string) []string {
	switch system {
	case "darwin":
		return []string{"open", path}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", path}
	}
	return []string{"xdg-open", path}
}
