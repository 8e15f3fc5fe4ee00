package page

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Processor names the machine's processor and says how many cores it has; "?" on
// systems other than Linux.
func Processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "?"
	}
	model := "an unknown processor"
	for line := range bytes.Lines(data) {
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
		}
	}
	return fmt.Sprintf("%s, %d cores", model, strings.Count(string(data), "processor\t:"))
}

// Load returns how many processes want a core, on average over a minute; "?" on
// systems other than Linux.
func Load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
