package live

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// enableEscapes turns on the interpretation of escape sequences in the console
// behind w and reports whether it understands them.
func enableEscapes(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return true
	}
	var mode uint32
	console := windows.Handle(f.Fd())
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
